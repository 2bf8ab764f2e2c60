"""Kubernetes objects of a plan against the types of the SDK, where there is no API server to ask.

The engine asks no provider whose settings it doesn't know yet, and on a cluster that the same plan makes that is all of
them: so these are checked in the plan that the engine has made.
"""

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Any

from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from local.plugins.planned import sdk
from local.plugins.planned.checking import Problem, problems
from local.plugins.values import UNKNOWN

PROVIDER = "kubernetes"
_OWN = {"flowcontrol.apiserver.k8s.io", "helm.sh", "rbac.authorization.k8s.io"}


def wrong(token: str, inputs: Mapping[str, Any]) -> Iterator[Problem]:
    """Of a built-in kind every field; of a custom resource what all have in common, as no SDK knows the rest."""
    if is_custom(token):
        yield from _common(inputs)
        return
    try:
        block = sdk.arguments(PROVIDER, token)
    except sdk.UnknownToken as unknown:
        yield "kind", f"is not known: {unknown}"
        return
    yield from problems(block, inputs)


def is_custom(token: str) -> bool:
    """Whether no SDK has it. Built in are the groups without a domain (`apps`), and Kubernetes' own."""
    group = token.split(":")[1].partition("/")[0]
    name, _, domain = group.partition(".")
    own = domain == "k8s.io" and find_spec(f"pulumi_kubernetes.{name}")
    return bool(domain) and not own and group not in _OWN


def _common(inputs: Mapping[str, Any]) -> Iterator[Problem]:
    for name in ("apiVersion", "kind"):
        if inputs.get(name) is None:
            yield name, "is required"
    metadata = inputs.get("metadata") or {}
    if isinstance(metadata, Mapping):
        yield from problems(ObjectMetaArgs, metadata, "metadata")
    elif metadata is not UNKNOWN:
        yield "metadata", "must be a block"
