"""Fails each time, and says so."""

raise SystemExit("this step is broken")
