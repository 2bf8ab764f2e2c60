"""The pipeline engines, and the one contract by which the same step runs on each of them."""
