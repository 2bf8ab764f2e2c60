"""The metadata catalogue: what data, features, models and pipelines there are, and what came from what."""
