"""Disks that no resource of a cloud is: those of nodes, which a template describes, and those that claims ask for."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ...open_source.reading import UNKNOWN
from ..cloud.values import at
from ..findings import Resource
from ..operated import POSTGRES, SET, as_set
from .bills import Bill, times

NODES, TEMPLATE = "aws:eks/nodeGroup:NodeGroup", "aws:ec2/launchTemplate:LaunchTemplate"
_CLASS, _CLAIM = "kubernetes:storage.k8s.io/v1:StorageClass", "kubernetes:core/v1:PersistentVolumeClaim"
SEEN_FOR_DISKS = frozenset({NODES, TEMPLATE, _CLASS, _CLAIM, SET, POSTGRES})

_DEFAULT = "storageclass.kubernetes.io/is-default-class"
_KINDS = {"ebs.csi.aws.com": "gp3", "pd.csi.storage.gke.io": "pd-standard"}
"""What these make where a class names no type."""
_SIZE = re.compile(r"(\d+)(Mi|Gi|Ti)")
_GIGABYTES = {"Mi": 1 / 1024, "Gi": 1, "Ti": 1024}


class Disks:
    """Of one stack, whose templates and storage classes say what is behind a name.

    Which template a group has is known only after the update; before, it is the one beside it, with the same parent.
    A claim on a class that the stack doesn't make is filled by whoever runs the cluster, and costs nothing here.
    """

    def __init__(self, resources: Iterable[Resource]) -> None:
        seen = list(resources)
        self._templates = {one.parent: one.props for one in seen if one.token == TEMPLATE and one.parent}
        classes = [one.props for one in seen if one.token == _CLASS]
        self._classes = {at(props, "metadata.name"): _kind(props) for props in classes}
        usual = (props for props in classes if (at(props, "metadata.annotations") or {}).get(_DEFAULT) == "true")
        self._usual = next((_kind(props) for props in usual), None)

    def bills(self, resource: Resource) -> Iterator[Bill]:
        resource = as_set(resource)
        if resource.token == NODES:
            yield from self._of_nodes(resource)
        elif resource.token == _CLAIM:
            yield from self._of_claim(at(resource.props, "spec"), 1)
        elif resource.token == SET:
            replicas = at(resource.props, "spec.replicas")
            templates = at(resource.props, "spec.volumeClaimTemplates")
            for one in templates if isinstance(templates, list) else ():
                yield from self._of_claim(at(one, "spec"), 1 if replicas is None else replicas)

    def _of_nodes(self, group: Resource) -> Iterator[Bill]:
        least, most = (at(group.props, f"scalingConfig.{end}") for end in ("minSize", "maxSize"))
        devices = at(self._templates.get(group.parent), "blockDeviceMappings")
        for device in devices if isinstance(devices, list) else ():
            size = at(device, "ebs.volumeSize")
            if size is not None:
                yield Bill([at(device, "ebs.volumeType") or "gp2"], times(least, size), times(most, size))

    def _of_claim(self, spec: Any, count: Any) -> Iterator[Bill]:
        name = at(spec, "storageClassName")
        kind = self._usual if name is None else self._classes.get(name)
        if kind:
            size = times(count, _gigabytes(at(spec, "resources.requests.storage")))
            yield Bill([kind], size, size)


def _kind(props: Any) -> str | None:
    kind = at(props, "parameters.type")
    return kind if isinstance(kind, str) else _KINDS.get(at(props, "provisioner"))


def _gigabytes(size: Any) -> Any:
    """None for what is no size."""
    matched = _SIZE.fullmatch(size) if isinstance(size, str) else None
    return size if size is UNKNOWN else int(matched[1]) * _GIGABYTES[matched[2]] if matched else None
