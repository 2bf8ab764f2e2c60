"""MLflow: what was trained, with what, how well, and which version of a model is in use."""
