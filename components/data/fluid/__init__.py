"""Fluid: data sets of the object store, cached on the nodes and mounted into pods as a file system."""
