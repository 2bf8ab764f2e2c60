"""What Fluid hands to the data sets that it serves."""

from pulumi import Resource

from ...base import Args, Text

ALLUXIO = {"app": "alluxio"}
"""Which pods of a data set's namespace are its servers, as Fluid labels them."""

PREFETCH = {"app": "fluid-dataprocess"}
"""Which ones have them fill their caches."""


class DataPlane(Args):
    """Where data sets live. Known once the controllers run, may work there, and the plugin is on the nodes."""

    namespace: Text
    """Admits privileged pods: those that mount file systems for the node are Fluid's own."""
    mount_root: str


class Volume(Args):
    """A data set as pods of any namespace mount it: read-only, and without a right of their own."""

    name: str
    namespace: Text
    """The data set's."""
    path: str
    """Where a pod has it."""
    source: Text
    """Where the node has it."""
    folder: str
    """Of the file system there: what was mounted from the bucket."""
    servers: Resource | None = None
    """What shows it; there before those that mount it, and after them."""
