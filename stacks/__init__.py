"""The environments: one file each, and the typed model that all of them are checked against."""
