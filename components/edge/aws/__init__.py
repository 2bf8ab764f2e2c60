"""Names in AWS's own DNS."""
