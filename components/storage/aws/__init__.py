"""Object storage of AWS."""
