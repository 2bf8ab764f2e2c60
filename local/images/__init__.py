"""The container images of the embedded cluster, built on this machine under the names that the catalogue gives them."""

from local.images.builder import Archive, Say, build, clean
from local.images.recipe import names

NAMES = names()
"""The catalogue's images that can be built here."""

__all__ = ["NAMES", "Archive", "Say", "build", "clean"]
