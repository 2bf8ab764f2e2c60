"""Argo Workflows: each step of a workflow is a pod, and the workflow itself an object of Kubernetes."""
