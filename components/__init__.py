"""The platform's components, for this program and for any other: each is usable alone, with only its Args."""
