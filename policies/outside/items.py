"""What is judged: the objects of manifests, and the resources of a state file, each with the place that it is from."""

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..open_source.reading import UNKNOWN
from .errors import Unusable

_SUFFIXES = {".yaml", ".yml", ".json"}
_STANDARD_INPUT = Path("-")

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
    found = [item for path in paths for file in _files(path) for item in _of_file(file)]
    if not found:
        raise Unusable("there is no object in these files; name rendered manifests, or a state file")
    return found


def _files(path: Path) -> list[Path]:
    if path == _STANDARD_INPUT or path.is_file():
        return [path]
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.suffix in _SUFFIXES and file.is_file())
    raise Unusable(f"{path}: there is no such file or folder")


def _of_file(path: Path) -> Iterator[Item]:
    file = "standard input" if path == _STANDARD_INPUT else str(path)
    try:
        text = sys.stdin.read() if path == _STANDARD_INPUT else path.read_text(encoding="utf-8")
        documents = list(_documents(text))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise Unusable(f"{file}: is no YAML or JSON ({reason}); render templates before they are judged") from error
    for line, document in documents:
        if not isinstance(document, dict):
            raise Unusable(f"{file}:{line}: is no object; name rendered manifests, or a state file")
        yield from _of_document(file, line, document)


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


def _of_document(file: str, line: int, document: dict[str, Any]) -> Iterator[Item]:
    resources = (document.get("deployment") or {}).get("resources") if "deployment" in document else None
    if isinstance(resources, list):
        yield from (_of_resource(file, line, resource) for resource in resources if resource.get("custom"))
        return
    version, kind = document.get("apiVersion"), document.get("kind")
    if not isinstance(version, str) or not isinstance(kind, str):
        raise Unusable(f"{file}:{line}: has no `apiVersion` and `kind`; name rendered manifests, or a state file")
    version = version if "/" in version else f"core/{version}"
    metadata = document.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    yield Item(file, line, f"kubernetes:{version}:{kind}", str(name or kind), document)


def _of_resource(file: str, line: int, resource: dict[str, Any]) -> Item:
    name = resource["urn"].rpartition("::")[2]
    return Item(file, line, resource["type"], name, _opened(resource.get("inputs") or {}))


def _opened(value: Any) -> Any:
    """A secret is as unknown here as what an update is yet to bring."""
    if isinstance(value, list):
        return [_opened(one) for one in value]
    if not isinstance(value, dict):
        return value
    if value.get(_SIGNATURE) == _SECRET:
        return json.loads(value["plaintext"]) if "plaintext" in value else UNKNOWN
    return {key: _opened(one) for key, one in value.items()}
