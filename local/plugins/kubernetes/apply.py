"""Server-side apply: creating, changing and giving up fields, and what to make of conflicts."""

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.plugins.kubernetes.api import APPLY, Api, ApiError
from local.plugins.kubernetes.discovery import Kind
from local.plugins.kubernetes.ownership import is_whole
from local.plugins.kubernetes.paths import MISSING, Path, dig, get, leaves, matches

Document = dict[str, Any]

PATCH_FORCE = "pulumi.com/patchForce"

# Managers of edits by hand. What the program says wins over these, and only over these, without being told so.
_BY_HAND = re.compile(r"^(kubectl|kubectl-.*|k9s|before-first-apply)$")
_CONFLICT = re.compile(r'conflict with "(?P<manager>[^"]*)"')


@dataclass(frozen=True, kw_only=True)
class Applier:
    """Applies documents of one resource, under its own field manager."""

    api: Api
    manager: str
    warn: Callable[[str], None]
    force: bool = False

    def apply(self, kind: Kind, namespace: str, document: Document, dry_run: bool = False) -> Document:
        """Apply `document`; the live object as it is then."""
        path = kind.path(namespace, document["metadata"]["name"])
        force = self.force or dig(document, "metadata", "annotations", PATCH_FORCE) == "true"
        try:
            return self._send(path, document, force, dry_run)
        except ApiError as refused:
            if refused.code != 409 or not refused.causes or not all(_is_by_hand(cause) for cause in refused.causes):
                raise
            return self._send(path, document, True, dry_run)

    def create_named_by_server(self, kind: Kind, namespace: str, document: Document, dry_run: bool = False) -> Document:
        """Create an object that has only a `generateName`; it cannot be applied, for it has no name yet."""
        query = {"fieldManager": self.manager, **({"dryRun": "All"} if dry_run else {})}
        return self.api.request("POST", kind.path(namespace), document, query, warn=self.warn)

    def relinquish(self, kind: Kind, namespace: str, name: str) -> None:
        """Own nothing of the object any more: fields that nobody else set disappear."""
        empty = {"apiVersion": kind.api_version, "kind": kind.name, "metadata": {"name": name}}
        self._send(kind.path(namespace, name), empty, True, False)

    def _send(self, path: str, document: Document, force: bool, dry_run: bool) -> Document:
        query = {"fieldManager": self.manager, "force": "true" if force else "false", "fieldValidation": "Warn"}
        if dry_run:
            query["dryRun"] = "All"
        return self.api.request("PATCH", path, document, query, APPLY, self.warn)


def without_ignored(document: Document, ignored: list[Path], live: Document) -> Document:
    """`document` less the ignored fields in which someone else's value is live, so that it is left alone."""
    kept = copy.deepcopy(document)
    for path, value in reversed(list(leaves(document))):
        found = get(live, path)
        if found is not MISSING and found != value and any(matches(path, pattern) for pattern in ignored):
            _remove(kept, _value_of(path, live))
    return kept


def _value_of(path: Path, live: Document) -> Path:
    """The path of the list that has `path` inside, if the server takes it for one value; else `path` itself."""
    lists = [path[:length] for length, step in enumerate(path) if isinstance(step, int)]
    return next((found for found in lists if is_whole(live, found)), path)


def _remove(document: Document, path: Path) -> None:
    parent = get(document, path[:-1])
    if isinstance(parent, dict):
        parent.pop(path[-1], None)


def explain(refused: ApiError, what: str) -> str:
    """The API server's refusal in one paragraph, with the way out where we know one."""
    if refused.code == 409 and refused.causes:
        lines = [f"{what}: the program and another field manager want different things:"]
        for cause in refused.causes:
            manager = _CONFLICT.search(cause.get("message", ""))
            lines.append(f"  {cause.get('field', '')} is managed by {manager['manager'] if manager else 'another'}")
        lines.append(
            "Leave the field out of the program (or list it in ignore_changes), or set the annotation "
            f'{PATCH_FORCE}: "true" to take it over'
        )
        return "\n".join(lines)
    if refused.code == 404 and refused.details.get("kind") == "namespaces":
        name = refused.details.get("name", "")
        return (
            f"{what}: the namespace {name!r} does not exist. Make it in the program and pass its name as an output "
            "(namespace.metadata.name), so that it comes first"
        )
    if refused.code == 422 and refused.causes:
        lines = [f"{what} is invalid:"]
        lines += [f"  {cause.get('field', '')}: {cause.get('message', '')}" for cause in refused.causes]
        return "\n".join(lines)
    if refused.code == 401:
        return f"{what}: the API server does not accept the credentials of the kubeconfig: {refused.message}"
    return f"{what}: {refused.message}"


def immutable_fields(refused: ApiError) -> list[str]:
    """The fields that an update was refused for because they cannot be changed in place."""
    if refused.code != 422:
        return []
    signs = ("field is immutable", "may not be changed", "may not be updated", "is immutable", "updates to")
    return [
        cause.get("field", "") or "spec"
        for cause in refused.causes
        if any(sign in cause.get("message", "") for sign in signs)
    ]


def _is_by_hand(cause: Document) -> bool:
    manager = _CONFLICT.search(cause.get("message", ""))
    return bool(manager and _BY_HAND.match(manager["manager"]))
