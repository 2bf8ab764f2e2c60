"""Findings as people and as other tools read them."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .judging import Finding

_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


def text(findings: Sequence[Finding]) -> str:
    lines = [f"{_place(one)}: {_verdict(one)} by {one.rule.policy.name}: {one.message}" for one in findings]
    return "\n".join([*lines, _sum(findings)])


def as_json(findings: Sequence[Finding]) -> str:
    return json.dumps([_plain(one) for one in findings], indent=2)


def markdown(findings: Sequence[Finding]) -> str:
    """For a pull request."""
    if not findings:
        return _sum(findings)
    rows = [
        f"| {_verdict(one)} | `{_place(one)}` | {one.rule.policy.name} | {_cell(one.message)} |" for one in findings
    ]
    return "\n".join([_sum(findings), "", "| | where | rule | why |", "|---|---|---|---|", *rows])


def sarif(findings: Sequence[Finding]) -> str:
    """What code hosts show beside the lines of a change."""
    rules = {one.rule.policy.name: one.rule.policy for one in findings}
    driver = {
        "name": "exquisite-mlops policies",
        "rules": [{"id": name, "shortDescription": {"text": rule.description}} for name, rule in rules.items()],
    }
    results = [_result(one) for one in findings]
    return json.dumps(
        {"$schema": _SARIF, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}, indent=2
    )


FORMATS: Mapping[str, Callable[[Sequence[Finding]], str]] = {
    "text": text,
    "json": as_json,
    "markdown": markdown,
    "sarif": sarif,
}


def _result(finding: Finding) -> dict[str, Any]:
    location = {
        "artifactLocation": {"uri": finding.item.file.replace("\\", "/")},
        "region": {"startLine": finding.item.line},
    }
    return {
        "ruleId": finding.rule.policy.name,
        "level": "error" if finding.mandatory else "note",
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": location}],
    }


def _plain(finding: Finding) -> dict[str, Any]:
    item = finding.item
    return {
        "file": item.file,
        "line": item.line,
        "type": item.token,
        "name": item.name,
        "rule": finding.rule.policy.name,
        "refused": finding.mandatory,
        "message": finding.message,
    }


def _place(finding: Finding) -> str:
    item = finding.item
    return f"{item.file}:{item.line} ({item.token.rpartition(':')[2]} {item.name})"


def _verdict(finding: Finding) -> str:
    return "refused" if finding.mandatory else "noted"


def _sum(findings: Sequence[Finding]) -> str:
    refused = sum(one.mandatory for one in findings)
    return f"{refused} refused, {len(findings) - refused} noted"


def _cell(message: str) -> str:
    return " ".join(message.split()).replace("|", "\\|")
