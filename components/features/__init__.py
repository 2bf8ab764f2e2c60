"""The feature store: what models are trained on and served with, the same both times."""
