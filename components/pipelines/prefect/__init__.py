"""Prefect: its server, its Kubernetes worker, and a deployment for each step."""
