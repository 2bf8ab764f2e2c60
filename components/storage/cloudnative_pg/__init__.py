"""PostgreSQL with standbys, run by CloudNativePG: one of them takes over by itself, and back-ups are in a bucket."""
