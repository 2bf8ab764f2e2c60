"""What is judged: the objects of manifests, the resources of a state file or of a preview, each with its place."""

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from ..open_source.reading import UNKNOWN
from .errors import Unusable

_SUFFIXES = {".yaml", ".yml", ".json"}
STANDARD_INPUT = Path("-")

# By these the engine tells a secret from other maps, in states that it writes.
_SIGNATURE, _SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"


@dataclass(frozen=True)
class Item:
    """One resource as the rules take it."""

    file: str
    line: int
    token: str
    """Pulumi's type, such as `kubernetes:apps/v1:Deployment`."""
    name: str
    props: dict[str, Any]


def items(paths: Iterable[Path]) -> list[Item]:
    """All that these files, and those below these folders, hold. Raises Unusable where there is nothing to judge."""
    found = [item for path in paths for file in files(path) for item in _of_file(file)]
    if not found:
        raise Unusable("there is no object in these files; name rendered manifests, or a state file")
    return found


def files(path: Path) -> list[Path]:
    """The file itself, or those below a folder. Raises Unusable."""
    if path == STANDARD_INPUT or path.is_file():
        return [path]
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.suffix in _SUFFIXES and file.is_file())
    raise Unusable(f"{path}: there is no such file or folder")


def parsed(path: Path) -> tuple[str, list[tuple[int, dict[str, Any]]]]:
    """The text of a file, and each object in it with the line where it begins. Raises Unusable."""
    file = _shown(path)
    try:
        text = sys.stdin.read() if path == STANDARD_INPUT else path.read_text(encoding="utf-8")
        documents = list(_documents(text))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise Unusable(f"{file}: is no YAML or JSON ({reason}); render templates before they are judged") from error
    for line, document in documents:
        if not isinstance(document, dict):
            raise Unusable(f"{file}:{line}: is no object; name rendered manifests, or a state file")
    return text, documents


def _of_file(path: Path) -> Iterator[Item]:
    for line, document in parsed(path)[1]:
        yield from of_document(_shown(path), line, document)


def _shown(path: Path) -> str:
    return "standard input" if path == STANDARD_INPUT else str(path)


def _documents(text: str) -> Iterator[tuple[int, Any]]:
    """Each document that isn't empty, with the line where it begins."""
    loader = yaml.SafeLoader(text)
    try:
        while loader.check_node():
            node = loader.get_node()
            document = loader.construct_document(node)
            if document is not None:
                yield node.start_mark.line + 1, document
    finally:
        loader.dispose()


def of_document(file: str, line: int, document: dict[str, Any]) -> Iterator[Item]:
    """The one object of a manifest's document, or the many of what the engine wrote. Raises Unusable."""
    resources = _resources(document)
    if resources is not None:
        yield from (_of_resource(file, line, resource) for resource in resources if resource.get("custom"))
        return
    version, kind = document.get("apiVersion"), document.get("kind")
    if not isinstance(version, str) or not isinstance(kind, str):
        raise Unusable(f"{file}:{line}: has no `apiVersion` and `kind`; name rendered manifests, or a state file")
    version = version if "/" in version else f"core/{version}"
    metadata = document.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    yield Item(file, line, f"kubernetes:{version}:{kind}", str(name or kind), document)


def _resources(document: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Those of a state file, or of `pulumi preview --json`; None if the document is neither."""
    if isinstance(deployment := document.get("deployment"), dict):
        return list(deployment.get("resources") or ())
    if isinstance(steps := document.get("steps"), list) and "apiVersion" not in document:
        return [step["newState"] for step in steps if "newState" in step]
    return None


def _of_resource(file: str, line: int, resource: dict[str, Any]) -> Item:
    name = resource["urn"].rpartition("::")[2]
    return Item(file, line, resource["type"], name, opened(resource.get("inputs") or {}))


def opened(value: Any) -> Any:
    """Values as the engine writes them down. A secret is as unknown here as what an update is yet to bring."""
    if value == UNKNOWN_STRING_VALUE:
        return UNKNOWN
    if isinstance(value, list):
        return [opened(one) for one in value]
    if not isinstance(value, dict):
        return value
    if value.get(_SIGNATURE) == _SECRET:
        return json.loads(value["plaintext"]) if "plaintext" in value else UNKNOWN
    return {key: opened(one) for key, one in value.items()}
