"""A preview as the engine wrote it down, event by event (`pulumi preview --event-log`): what it makes, or why not.

`pulumi preview --json` says nothing of policies. The option wants PULUMI_DEBUG_COMMANDS=true in the environment.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..outside.errors import Unusable
from ..outside.items import opened

_COLOUR = re.compile(r"<\{%.*?%\}>|\x1b\[[0-9;]*m")
_LATER = "can't run policy"
_STACK = "pulumi:pulumi:Stack"


@dataclass(frozen=True)
class Planned:
    """One resource; what is secret, or not known before the update, is UNKNOWN in `props`."""

    urn: str
    token: str
    parent: str
    provider: str
    custom: bool
    props: dict[str, Any]

    @property
    def name(self) -> str:
        return name_of(self.urn)


@dataclass(frozen=True)
class Finding:
    """What is wrong with a resource by a rule, or, if it `is_later`, that the rule can only say so in the update."""

    rule: str
    urn: str
    message: str
    refused: bool
    is_later: bool = False


@dataclass(frozen=True)
class Preview:
    """`errors` are the engine's and the program's own."""

    stack: str
    resources: tuple[Planned, ...] = ()
    rules: frozenset[str] = frozenset()
    findings: tuple[Finding, ...] = ()
    errors: tuple[str, ...] = ()


@dataclass
class _Reading:
    resources: dict[str, Planned] = field(default_factory=dict)
    rules: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def read(path: Path, stack: str = "") -> Preview:
    """The file's preview, in an order that is always the same. Raises Unusable.

    `stack` is the name of one that ended before its first resource.
    """
    read = _Reading()
    for event in _events(path):
        _take(event, read)
    urn = next(iter(read.resources), "")
    return Preview(
        stack=urn.split(":")[2] if urn else stack,
        resources=tuple(one for _, one in sorted(read.resources.items()) if one.token != _STACK),
        rules=frozenset(read.rules),
        findings=tuple(sorted(dict.fromkeys(read.findings), key=lambda found: (found.rule, found.urn, found.message))),
        errors=tuple(dict.fromkeys(read.errors)),
    )


def name_of(urn: str) -> str:
    return urn.rpartition("::")[2]


def _events(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)
    except (OSError, ValueError) as error:
        raise Unusable(f"{path}: is no event log of `pulumi preview --event-log` ({error})") from error


def _take(event: Mapping[str, Any], read: _Reading) -> None:
    if step := event.get("resourcePreEvent"):
        new = step["metadata"].get("new")
        if new:
            read.resources[new["urn"]] = _planned(new)
    elif said := event.get("policyEvent"):
        read.findings.append(_finding(said))
    elif summary := event.get("policyAnalyzeSummaryEvent") or event.get("policyAnalyzeStackSummaryEvent"):
        read.rules |= {*summary.get("passed", ()), *summary.get("failed", ())}
    elif (said := event.get("diagnosticEvent")) and said["severity"] == "error":
        where = f"{name_of(said['urn'])}: " if said.get("urn") else ""
        read.errors.append(where + _plain(said["message"]))


def _planned(state: Mapping[str, Any]) -> Planned:
    return Planned(
        urn=state["urn"],
        token=state["type"],
        parent=state.get("parent", ""),
        provider=state.get("provider", "").rpartition("::")[0],
        custom=state.get("custom", False),
        props=opened(state.get("inputs") or {}),
    )


def _finding(said: Mapping[str, Any]) -> Finding:
    message = _plain(said["message"])
    return Finding(
        rule=said["policyName"],
        urn=said.get("resourceUrn", ""),
        message=message,
        refused=said["enforcementLevel"] == "mandatory",
        is_later=message.startswith(_LATER),
    )


def _plain(message: str) -> str:
    return _COLOUR.sub("", message).strip()
