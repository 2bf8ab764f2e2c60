"""Waiting until an object is what was asked for: what to look at for each kind, and how long."""
