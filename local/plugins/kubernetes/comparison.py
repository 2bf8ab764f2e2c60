"""What the engine asks before an update: what changes, and whether that takes a new object."""

from dataclasses import dataclass
from typing import Any

from local.plugins.kubernetes import naming, state
from local.plugins.kubernetes.api import ApiError, Unreachable
from local.plugins.kubernetes.diff import Change, What, changes
from local.plugins.kubernetes.discovery import group_of
from local.plugins.kubernetes.kubeconfig import KubeconfigError
from local.plugins.kubernetes.paths import Path, dig, parsed
from local.plugins.kubernetes.preview import refused_as_immutable
from local.plugins.kubernetes.replacement import forces_replacement
from local.plugins.kubernetes.subject import Subject
from local.plugins.kubernetes.waits.wait import readiness
from local.plugins.values import plain

Document = dict[str, Any]

REPLACE_UNREADY = "pulumi.com/replaceUnready"
_NAME: Path = ("metadata", "name")
_NAMESPACE: Path = ("metadata", "namespace")


@dataclass(frozen=True)
class Difference:
    """The changes, those of them that need a new object, and whether the old one has to go first."""

    changes: list[Change]
    replaced: list[Path]
    delete_first: bool


def difference(subject: Subject, id: str, old: Document, new: Document) -> Difference:
    """Compare the last inputs with the new ones."""
    found = list(changes(_without_notes(old), _without_notes(new)))
    if state.IMPORTED in subject.old:
        # The program has set nothing of an imported object so far: leaving a field out takes nothing away.
        found = [change for change in found if change.what is not What.DELETE]
    found += _unready_job(subject, id, new)
    replaced = [change.path for change in found if _needs_new_object(subject, change, old, new)]
    if found and not replaced and not subject.token.is_patch(new):
        for path in refused_as_immutable(subject, new, id):
            found += [] if any(change.path == parsed(path) for change in found) else [Change(parsed(path), What.UPDATE)]
            replaced.append(parsed(path))
    return Difference(found, replaced, bool(replaced) and _keeps_name(old, new))


def _needs_new_object(subject: Subject, change: Change, old: Document, new: Document) -> bool:
    if subject.token.is_patch(new):
        return change.path[:2] in (_NAME, _NAMESPACE)
    if change.path == ("apiVersion",):
        # Another version of one group shows the same object; in another group it is another object.
        return group_of(str(plain(old.get("apiVersion")))) != group_of(str(plain(new.get("apiVersion"))))
    limits = subject.cluster.settings
    rule = forces_replacement(
        str(new.get("apiVersion")), str(new.get("kind")), old, new, limits.config_map_mutable, limits.secret_mutable
    )
    return change.path == ("metadata", "annotations", REPLACE_UNREADY) or rule(change.path)


def _unready_job(subject: Subject, id: str, new: Document) -> list[Change]:
    """A job that failed, where the program asks for a new one then."""
    if new.get("kind") != "Job" or dig(new, "metadata", "annotations", REPLACE_UNREADY) != "true":
        return []
    try:
        kind = subject.kind(new)
        live = subject.cluster.api.find(subject.path_of(id, kind)) if kind else None
        reasons = readiness(live, subject.cluster.api) if live else []
    except (ApiError, Unreachable, KubeconfigError):
        return []
    return [Change(("metadata", "annotations", REPLACE_UNREADY), What.UPDATE)] if reasons else []


def _keeps_name(old: Document, new: Document) -> bool:
    """Whether old and new object cannot exist side by side."""
    if naming.is_autonamed(new) or dig(new, "metadata", "generateName"):
        return False
    return all(dig(old, *path) == dig(new, *path) for path in (_NAME, _NAMESPACE))


def _without_notes(inputs: Document) -> Document:
    return {key: value for key, value in plain(inputs).items() if not key.startswith("__")}
