"""Attempts to get an image past the rules, and what looks like one and is none."""

from typing import Any

from .workloads import GOOD, KINDS, PLACES, container

BAD = "redis:7.4.1"
_POD = {"containers": [{"name": "one", "image": BAD}]}


def anything(spec: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A custom resource that nobody has heard of."""
    return {"apiVersion": "example.org/v1", "kind": "Unheard", "metadata": {"name": "corpus"}, "spec": spec, **fields}


def _nested(depth: int, leaf: dict[str, Any]) -> dict[str, Any]:
    for _ in range(depth):
        leaf = {"a": leaf}
    return leaf


def _embedded(version: str, kind: str, **fields: Any) -> dict[str, Any]:
    return anything({"object": {"apiVersion": version, "kind": kind, **fields}})


REFUSED = {
    "behind many levels": anything(_nested(20, {"image": BAD})),
    "behind lists in lists": anything({"a": [[[[{"image": BAD}]]]]}),
    "beside a good one": anything({"a": {"image": GOOD}, "b": {"image": BAD}}),
    "not in spec": anything({}, settings={"image": BAD}),
    "at the top": anything({}, image=BAD),
    "in a field with a prefix": anything({"baseImage": BAD}),
    "in a field with a suffix": anything({"imageName": BAD}),
    "in a field with dots": anything({"conf": {"spark.kubernetes.container.image": BAD}}),
    "in a field with dashes": anything({"proxy-image": BAD}),
    "in a field with underscores": anything({"default_base_image": BAD}),
    "in a reference": anything({"imageRef": BAD}),
    "as an OCI address": anything({"image": f"oci://{BAD}"}),
    "as an OCI model": anything({"storageUri": f"oci://{BAD}"}),
    "with the tag beside it": anything({"image": "redis", "imageTag": "7.4.1"}),
    "with a tag of its own field": anything({"workerImage": "redis", "workerImageTag": "7.4.1"}),
    "with the digest beside it": anything({"image": "redis", "digest": "sha256:" + "0" * 64}),
    "with repository and version": anything({"repository": "docker.io/library", "image": "redis", "version": "7.4.1"}),
    "as an object": anything({"image": {"repository": "redis", "tag": "7.4.1"}}),
    "as an object with a registry": anything({"image": {"registry": "docker.io", "repository": "redis", "tag": "7.4"}}),
    "as an object with a name": anything({"image": {"name": "redis", "tag": "7.4.1"}}),
    "as a default of a schema": anything({"image": {"type": "string", "default": BAD}}),
    "as a default of a field that may be absent": anything(
        {"image": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": BAD}}
    ),
    "in a list": anything({"images": [GOOD, BAD]}),
    "in a list of one image": anything({"image": [BAD]}),
    "in a list of objects": anything({"images": [{"repository": "redis", "tag": "7.4.1"}]}),
    "in a map of images": anything({"images": {"a": GOOD, "b": BAD}}),
    "in a map of objects": anything({"images": {"a": {"reference": BAD}}}),
    "in one text with others": anything({"images": f"{GOOD};{BAD}"}),
    "in one text by version": anything({"images": f"1={GOOD} 2={BAD}"}),
    "in an object inside": _embedded("v1", "Pod", spec=_POD),
    "in a list of objects inside": _embedded("v1", "List", items=[{"apiVersion": "v1", "kind": "Pod", "spec": _POD}]),
    "in an object that says to be another": _embedded("example.org/v1", "ConfigMap", spec={"image": BAD}),
    "in metadata inside": anything({"template": {"metadata": {"proxyImage": BAD}}}),
    "in a field called status inside": anything({"status": {"image": BAD}}),
    "as a number": anything({"image": 7.4}),
    "as a truth": anything({"image": True}),
    "as an object that says nothing": anything({"image": {"size": "10Gi"}}),
    "as nothing": anything({"image": ""}),
    "a template": anything({"images": ["{{ image }}"]}),
    "a template in a map": anything({"images": {"a": "${IMAGE}"}}),
    "after many good ones": KINDS["Deployment"](
        {"containers": [*(container(GOOD, f"a{number}") for number in range(30)), container(BAD)]}
    ),
    "in two places": KINDS["CronJob"]({**PLACES["container"](BAD), **PLACES["image volume"](BAD)}),
}

ALLOWED = {
    "no image at all": anything({"size": 3, "names": ["redis:7.4.1"], "nothing": None}),
    "a Ceph disk": anything({"volumes": [{"rbd": {"image": "disk"}}]}),
    "a label": anything({"labels": {"image": BAD}, "matchLabels": {"image": BAD}, "nodeSelector": {"image": BAD}}),
    "an annotation": anything({"template": {"metadata": {"annotations": {"image": "of things"}}}}),
    "a status": anything({}, status={"image": BAD}),
    "a status inside": _embedded("v1", "Pod", spec={}, status={"image": BAD}),
    "a pull policy": anything({"imagePullPolicy": "Always", "imagePullSecrets": [{"name": "a"}], "pullImage": True}),
    "settings of images": anything({"images": {"pullPolicy": "Always", "enabled": "true"}}),
    "no image yet": anything({"image": None, "images": [], "jobImage": None}),
    "an empty object": anything({"image": {}}),
    "a schema": anything({"image": {"type": "string", "description": "which one"}}),
    "a schema without a default": anything(
        {"image": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}}
    ),
    "a definition inside": _embedded("apiextensions.k8s.io/v1", "CustomResourceDefinition", spec={"image": BAD}),
    "pictures": anything({"images": {"logo": "img/cat.png"}}),
    "words": anything({"images": {"mode": "fast"}, "imageUrl": "https://example.org/x"}),
    "a deep one that is good": anything(_nested(20, {"image": GOOD})),
}
