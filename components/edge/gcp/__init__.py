"""Names in Google Cloud's own DNS."""
