"""Object storage of Google Cloud."""
