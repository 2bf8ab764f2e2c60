"""What lies between the platform and the world."""
