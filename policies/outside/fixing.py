"""`python -m policies fix`: what can be put right in manifests without asking anybody, with all else left as it is."""

import argparse
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ..images.lock import Lock
from ..images.mirror import Mirror
from ..open_source.places import Place, places
from .edits import Edit, NoPlace, addition, applied, replacement
from .errors import Unusable
from .items import STANDARD_INPUT, Item, files, of_document, parsed

_NAME = r"[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?"
_LABEL = re.compile(rf"(([a-z0-9.-]{{1,253}}/)?{_NAME})=({_NAME})")
_DONE, _LEFT = 0, 1


@dataclass(frozen=True)
class Remedies:
    """What to put right: tags by the lock, registries by the mirror, and labels that an object lacks."""

    lock: Lock
    mirror: Mirror | None = None
    labels: dict[str, str] = field(default_factory=dict)

    def image(self, place: Place) -> str | None:
        """The image as it should be written there; None if it is right."""
        reference = place.reference
        if self.mirror and self.mirror.holds(reference):
            return None
        digest = reference.digest or self.lock.digest(f"{reference.repository}:{reference.tag or 'latest'}")
        if not self.mirror:
            return f"{place.text}@{digest}" if digest and not reference.digest else None
        tag = f":{reference.tag}" if reference.tag else ""
        return f"{self.mirror.repository(reference)}{tag}" + (f"@{digest}" if digest else "")


def add(commands: Any) -> None:
    parser = commands.add_parser("fix", help="put digests, a mirror and labels into manifests, and keep all else")
    parser.add_argument("paths", nargs="+", type=Path, help="YAML or JSON files, or folders of them")
    parser.add_argument("--lock", type=Path, help="the file of `images lock`: its digests go behind the tags")
    parser.add_argument("--mirror", help="as for `images copies --to`: images come from there")
    parser.add_argument("--label", action="append", default=[], metavar="NAME=VALUE", help="where it is missing")
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 if anything is to be done")
    parser.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> int:
    remedies = Remedies(
        Lock.read(given.lock) if given.lock else Lock(),
        Mirror.read(given.mirror) if given.mirror else None,
        dict(_label(text) for text in given.label),
    )
    changed: dict[Path, str] = {}
    said, left = [], []
    for file in (file for path in given.paths for file in files(path)):
        if file == STANDARD_INPUT:
            raise Unusable("-: what is fixed is written back, so name a file")
        text, documents = parsed(file)
        changes = list(_changes(file, text, documents, remedies))
        said += [change.said for change in changes if change.edit]
        left += [change.said for change in changes if not change.edit]
        changed[file] = _checked(file, applied(text, (change.edit for change in changes if change.edit)))
    print("\n".join([*said, *left, f"{len(said)} change(s), {len(left)} left"]))
    if not given.check:
        for file, text in changed.items():
            file.write_text(text, encoding="utf-8")
    return _LEFT if left or (given.check and said) else _DONE


@dataclass(frozen=True)
class Change:
    """What is to be done, in words, and the edit for it, unless there is no room for one."""

    said: str
    edit: Edit | None


def _changes(
    file: Path, text: str, documents: Iterable[tuple[int, dict[str, Any]]], remedies: Remedies
) -> Iterator[Change]:
    nodes = (node for node in yaml.compose_all(text) if not _is_empty(node))
    for node, (line, document) in zip(nodes, documents, strict=True):
        for item in of_document(str(file), line, document):
            if item.props is not document:
                raise Unusable(f"{file}: is what Pulumi wrote; fix the program that it ran")
            yield from _of_images(node, item, remedies)
            yield from _of_labels(node, item, remedies)


def _is_empty(node: yaml.Node | None) -> bool:
    return node is None or node.tag == "tag:yaml.org,2002:null"


def _of_images(node: yaml.Node, item: Item, remedies: Remedies) -> Iterator[Change]:
    for place in places(item.token, item.props):
        wanted = remedies.image(place)
        if wanted is None:
            continue
        said = f"{item.file}:{item.line} ({item.name}): {place.text} -> {wanted}"
        try:
            yield Change(said, replacement(node, place.steps, f"{place.before}{wanted}"))
        except NoPlace:
            yield Change(f"{said}: left, since it does not stand there as such", None)


def _of_labels(node: yaml.Node, item: Item, remedies: Remedies) -> Iterator[Change]:
    if not remedies.labels or item.token.endswith("List"):
        return
    said = f"{item.file}:{item.line} ({item.name}): "
    try:
        if edit := addition(node, remedies.labels):
            yield Change(said + " ".join(edit.text.split()).rstrip(","), edit)
    except NoPlace:
        yield Change(f"{said}labels left, since its metadata does not stand there as such", None)


def _checked(file: Path, text: str) -> str:
    """A file that could not be read any more is never written."""
    try:
        list(yaml.safe_load_all(text))
    except yaml.YAMLError as error:
        raise Unusable(f"{file}: can't be changed without breaking it; change it by hand") from error
    return text


def _label(text: str) -> tuple[str, str]:
    matched = _LABEL.fullmatch(text)
    if not matched:
        raise Unusable(f"{text}: is no label; write it as example.org/owner=team")
    return matched[1], matched[4]
