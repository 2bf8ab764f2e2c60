"""Where everything runs."""
