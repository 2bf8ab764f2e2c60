"""What systems share between them beside storage: caches and queues."""
