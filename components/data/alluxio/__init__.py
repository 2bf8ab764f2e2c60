"""Alluxio: a cache in front of a bucket, for readers that come back to the same data."""
