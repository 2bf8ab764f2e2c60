"""Clouds without an account: their resources are checked and previewed, and never made."""
