"""Luigi: a scheduler that executes nothing, and clients in pods that start the steps as Kubernetes Jobs."""
