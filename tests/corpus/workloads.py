"""Each kind of Kubernetes itself that makes a pod, with an image in each place of the pod."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Object = dict[str, Any]
GOOD = "docker.io/valkey/valkey:9.1.1"


def container(image: str, name: str = "one") -> Object:
    return {"name": name, "image": image, "terminationMessagePolicy": "File"}


def _in_container(image: str) -> Object:
    return {"containers": [container(image)]}


def _in_second_container(image: str) -> Object:
    return {"containers": [container(GOOD), container(image, "two")]}


def _in_init_container(image: str) -> Object:
    return {"containers": [container(GOOD)], "initContainers": [container(image, "first")]}


def _in_sidecar(image: str) -> Object:
    sidecar = {**container(image, "sidecar"), "restartPolicy": "Always"}
    return {"containers": [container(GOOD)], "initContainers": [container(GOOD, "first"), sidecar]}


def _in_image_volume(image: str) -> Object:
    volumes = [{"name": "none", "emptyDir": {}}, {"name": "model", "image": {"reference": image}}]
    return {"containers": [container(GOOD)], "volumes": volumes}


PLACES: Mapping[str, Callable[[str], Object]] = {
    "container": _in_container,
    "second container": _in_second_container,
    "init container": _in_init_container,
    "sidecar": _in_sidecar,
    "image volume": _in_image_volume,
}

_LABELS = {"app": "corpus"}


def _template(spec: Object, restart: str = "Always") -> Object:
    return {"metadata": {"labels": _LABELS}, "spec": {"restartPolicy": restart, **spec}}


def _controlled(spec: Object, **more: Any) -> Object:
    return {"selector": {"matchLabels": _LABELS}, "template": _template(spec), **more}


def _object(kind: str, version: str, **fields: Any) -> Object:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "corpus"}, **fields}


def _job(spec: Object) -> Object:
    return {"template": _template(spec, "Never")}


KINDS: Mapping[str, Callable[[Object], Object]] = {
    "Pod": lambda spec: _object("Pod", "v1", spec=spec),
    "PodTemplate": lambda spec: _object("PodTemplate", "v1", template=_template(spec)),
    "ReplicationController": lambda spec: _object(
        "ReplicationController", "v1", spec={"selector": _LABELS, "template": _template(spec)}
    ),
    "Deployment": lambda spec: _object("Deployment", "apps/v1", spec=_controlled(spec)),
    "StatefulSet": lambda spec: _object("StatefulSet", "apps/v1", spec=_controlled(spec, serviceName="corpus")),
    "DaemonSet": lambda spec: _object("DaemonSet", "apps/v1", spec=_controlled(spec)),
    "ReplicaSet": lambda spec: _object("ReplicaSet", "apps/v1", spec=_controlled(spec)),
    "ControllerRevision": lambda spec: _object(
        "ControllerRevision", "apps/v1", revision=1, data={"spec": {"template": _template(spec)}}
    ),
    "Job": lambda spec: _object("Job", "batch/v1", spec=_job(spec)),
    "CronJob": lambda spec: _object(
        "CronJob", "batch/v1", spec={"schedule": "0 0 * * *", "jobTemplate": {"spec": _job(spec)}}
    ),
}


def workloads(image: str) -> Iterator[tuple[str, Object]]:
    """All of them, by name."""
    for kind, made in KINDS.items():
        for place, spec in PLACES.items():
            yield f"{kind}, {place}", made(spec(image))
