"""Event logs as the engine writes them, of the few resources that a test is about."""

import json
from pathlib import Path
from typing import Any

from policies.report.events import read
from policies.report.report import Report, report

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "[secret]"}
NODES, POOL = "aws:eks/nodeGroup:NodeGroup", "gcp:container/nodePool:NodePool"


def urn(token: str, name: str) -> str:
    return f"urn:pulumi:shop::project::{token}::{name}"


def made(token: str, name: str, inputs: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """The event by which the engine announces a resource."""
    custom = not token.startswith(("mlops:", "pulumi:pulumi:"))
    new = {"type": token, "urn": urn(token, name), "custom": custom, "inputs": inputs or {}, **more}
    return {"resourcePreEvent": {"metadata": {"op": "create", "new": new}}}


def said(rule: str, name: str, message: str, level: str = "mandatory") -> dict[str, Any]:
    """The event by which it hands on what a rule says."""
    event = {"policyName": rule, "resourceUrn": urn("a:b:C", name), "message": message, "enforcementLevel": level}
    return {"policyEvent": event}


def written(folder: Path, *events: dict[str, Any]) -> Path:
    file = folder / "events.json"
    file.write_text("".join(f"{json.dumps(event)}\n" for event in events))
    return file


def reported(folder: Path, *events: dict[str, Any]) -> Report:
    """By the rules' defaults."""
    return report(read(written(folder, *events)))
