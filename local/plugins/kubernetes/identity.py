"""Which object a resource is: its kind by type token and inputs, and its id, `namespace/name`."""

from dataclasses import dataclass
from typing import Any

from local.plugins.kubernetes.paths import dig
from local.plugins.values import UNKNOWN


@dataclass(frozen=True)
class Token:
    """A resource type: `kubernetes:apps/v1:Deployment`."""

    text: str

    @classmethod
    def of(cls, urn: str) -> "Token":
        return cls(urn.split("::")[2].split("$")[-1])

    @property
    def kind(self) -> str:
        return self.text.rpartition(":")[2]

    @property
    def api_version(self) -> str:
        version = self.text.split(":", 1)[1].rpartition(":")[0]
        return version.removeprefix("core/")

    def is_patch(self, inputs: dict[str, Any]) -> bool:
        """Whether the resource owns only some fields of an object that something else made."""
        return self.kind.endswith("Patch") and inputs.get("kind") == self.kind.removesuffix("Patch")


@dataclass(frozen=True)
class Place:
    """Where an object is; the namespace is "" for kinds of the whole cluster."""

    namespace: str
    name: str

    @property
    def id(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    @classmethod
    def of_id(cls, id: str) -> "Place":
        namespace, _, name = id.rpartition("/")
        return cls(namespace, name)

    @classmethod
    def of(cls, document: dict[str, Any]) -> "Place":
        metadata = dig(document, "metadata", default={})
        namespace = metadata.get("namespace")
        return cls("" if namespace in (None, UNKNOWN) else namespace, metadata.get("name") or "")
