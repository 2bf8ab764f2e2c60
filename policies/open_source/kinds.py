"""What a Kubernetes object may hold, told from its kind."""

from typing import Any, NamedTuple

_PROVIDER = "kubernetes"

# Components of the provider's SDK: no objects of a cluster, and what they render is registered, and judged, one by one.
_COMPONENTS = {
    "kubernetes:helm.sh/v2:Chart",
    "kubernetes:helm.sh/v3:Chart",
    "kubernetes:helm.sh/v4:Chart",
    "kubernetes:kustomize:Directory",
    "kubernetes:kustomize/v2:Directory",
    "kubernetes:yaml:ConfigFile",
    "kubernetes:yaml:ConfigGroup",
    "kubernetes:yaml/v2:ConfigFile",
    "kubernetes:yaml/v2:ConfigGroup",
}
# Releases render objects that nobody registers; another rule refuses them.
_RELEASE = "kubernetes:helm.sh/v3:Release"


class Kind(NamedTuple):
    """The group, "core" for the unnamed one, and kind of an object."""

    group: str
    name: str

    @property
    def is_text(self) -> bool:
        """Its values are texts that pods read."""
        return self.group == "core" and self.name in ("ConfigMap", "Secret")

    @property
    def is_schema(self) -> bool:
        """It describes fields, among them some called `image`, and fills in none."""
        return self == ("apiextensions.k8s.io", "CustomResourceDefinition")


def of_resource(token: str) -> Kind | None:
    """The kind of a resource of the Kubernetes provider, None for all others."""
    provider, _, rest = token.partition(":")
    version, colon, name = rest.rpartition(":")
    return Kind(_group(version), name.removesuffix("Patch")) if provider == _PROVIDER and colon else None


def of_object(token: str) -> Kind | None:
    """The kind of a resource that is an object of a cluster, None for all others."""
    return None if token in _COMPONENTS or token == _RELEASE else of_resource(token)


def of_body(body: dict[str, Any]) -> Kind | None:
    """The kind that an object states itself, which is what the API server goes by."""
    version, name = body.get("apiVersion"), body.get("kind")
    return Kind(_group(version), name) if isinstance(version, str) and isinstance(name, str) else None


def _group(api_version: str) -> str:
    group, slash, _ = api_version.partition("/")
    return group if slash else "core"
