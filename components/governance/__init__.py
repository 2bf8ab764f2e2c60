"""What a cluster itself holds its users to."""
