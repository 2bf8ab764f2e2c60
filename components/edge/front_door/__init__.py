"""The way in for people: one address, TLS, and a login before every page."""
