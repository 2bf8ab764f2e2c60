"""Building blocks of Kubernetes objects: pure builders, and the few functions that register what every server needs."""
