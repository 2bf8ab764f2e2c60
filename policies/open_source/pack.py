"""The rules of the pack."""

from pulumi_policy import Policy

from ..serving import serve
from .allowed_registries import allowed_registries
from .no_opaque_releases import no_opaque_releases
from .open_source_images import open_source_images
from .pinned_images import pinned_images

NAME = "open-source"
POLICIES: list[Policy] = [open_source_images, pinned_images, allowed_registries, no_opaque_releases]


def start() -> None:
    """Serve the rules to the engine; returns when the engine is done with them."""
    serve(NAME, POLICIES)
