"""Changes in the text of YAML and JSON files, which keep every other character: comments, order, quotes and blanks."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import yaml

Steps: TypeAlias = tuple[str | int, ...]

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9._/-]*")


class NoPlace(ValueError):
    """A value that does not stand in the text as such, but is merged in, folded over lines or the like."""


@dataclass(frozen=True, order=True)
class Edit:
    """`text` in place of what is between two positions of the file."""

    start: int
    end: int
    text: str


def replacement(document: yaml.Node, steps: Steps, value: str) -> Edit:
    """For the text at `steps`, in the quotes that it has. Raises NoPlace."""
    node = document
    for step in steps:
        node = _below(node, step)
    if not isinstance(node, yaml.ScalarNode) or node.style in ("|", ">"):
        raise NoPlace
    start, end = node.start_mark.index, node.end_mark.index
    quote = node.style or ""
    return Edit(start, end, f"{quote}{value}{quote}")


def addition(document: yaml.Node, wanted: Mapping[str, str]) -> Edit | None:
    """For labels that the object of this document lacks; those that it has are left alone. Raises NoPlace."""
    metadata = _below(document, "metadata")
    try:
        labels = _below(metadata, "labels")
    except NoPlace:
        return _insertion(metadata, {"labels": wanted})
    present = {key.value for key, _ in _entries(labels)}
    lacking = {name: value for name, value in wanted.items() if name not in present}
    return _insertion(labels, lacking) if lacking else None


def applied(text: str, edits: Iterable[Edit]) -> str:
    """All edits at once. An anchor may lead to the same place by several ways: that is one edit."""
    for edit in sorted(set(edits), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def _insertion(mapping: yaml.Node, new: Mapping[str, str | Mapping[str, str]]) -> Edit:
    """Before the first entry of a mapping, whose place and indentation are sure."""
    entries = _entries(mapping)
    if isinstance(mapping, yaml.MappingNode) and mapping.flow_style:
        start = mapping.start_mark.index + 1
        return Edit(start, start, json.dumps(new)[1:-1] + (", " if entries else ""))
    mark = entries[0][0].start_mark
    indent = " " * mark.column
    return Edit(mark.index, mark.index, "".join(f"{line}\n{indent}" for line in _block(new)))


def _block(new: Mapping[str, str | Mapping[str, str]]) -> Iterator[str]:
    for key, value in new.items():
        if isinstance(value, str):
            yield f"{_scalar(key)}: {_scalar(value)}"
        else:
            yield f"{_scalar(key)}:"
            yield from (f"  {line}" for line in _block(value))


def _scalar(text: str) -> str:
    """Without quotes where YAML can't take it for anything but a text."""
    return text if _PLAIN.fullmatch(text) and yaml.safe_load(text) == text else json.dumps(text)


def _below(node: yaml.Node, step: str | int) -> yaml.Node:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
        found: yaml.Node = node.value[step]
        return found
    for key, value in _entries(node):
        if key.value == str(step):
            return value
    raise NoPlace


def _entries(node: yaml.Node) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        raise NoPlace
    return [(key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]
