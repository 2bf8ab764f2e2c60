"""Who may do what in a cloud: of an account of the cluster, and of roles that a component makes for machines."""

import json
import re
from collections.abc import Iterator

from components.compute.aws import documents
from components.compute.gcp import bindings
from reference.recording import Engine, Made

_READS, _WRITES, _SEES = "reads a bucket", "reads and writes a bucket", "sees what is in a bucket"
_CHALLENGES, _ZONE = "writes what shows whose domain it is into a zone of DNS", "reads the records of a zone of DNS"
_SCALES = "makes the cluster's groups of nodes larger and smaller"
_FOLDER = re.compile(r":::[^/\"]+/[^/\"]+/\*")
"""As the resource of rights on objects."""
_ROLES = {bindings.READ: _READS, bindings.WRITE: _WRITES, bindings.SEE: _SEES}


def rights_in_clouds(engine: Engine, account: str) -> Iterator[tuple[str, str]]:
    """Cloud and right of an account of the cluster, by the name that the recording engine gave it."""
    for made in engine.made:
        if made.kind == "PodIdentityAssociation" and made.inputs["serviceAccount"] == account:
            (rights,) = [one for one in engine.all("RolePolicy") if one.name == made.name]
            yield "AWS", _told(rights.inputs["policy"])
        elif made.kind == "BucketIAMMember" and made.inputs["member"].endswith(f"/sa/{account}"):
            told = _ROLES[made.inputs["role"]]
            yield "Google Cloud", _in_a_folder(told) if made.inputs.get("condition") else told
        elif made.kind == "DnsManagedZoneIamMember" and made.inputs["member"].endswith(f"/sa/{account}"):
            yield "Google Cloud", _ZONE if made.inputs["role"] == bindings.ZONE_READ else _CHALLENGES


def _told(policy: str) -> str:
    """What its actions are for; docs/ground.md lists those on buckets one by one. Raises ValueError for others."""
    actions = _actions(policy)
    known = (
        (bucket_actions(True), _WRITES),
        (bucket_actions(False), _READS),
        (_scaling_actions(), _SCALES),
        (challenge_actions(True), _CHALLENGES),
        (challenge_actions(False), _ZONE),
    )
    for expected, told in known:
        if actions == expected:
            return _in_a_folder(told) if _FOLDER.search(policy) else told
    raise ValueError(f"say in reference/cloud.py what these are: {sorted(actions)}")


def _in_a_folder(told: str) -> str:
    return told.replace("a bucket", "a folder of a bucket")


def bucket_actions(writes: bool) -> set[str]:
    """What AWS lets an account do that opens a bucket."""
    return _actions(documents.bucket_access("bucket", "key", None, writes))


def challenge_actions(writes: bool) -> set[str]:
    """The same of an account that shows whose domain it is."""
    return _actions(documents.dns_challenges("zone", writes))


def _scaling_actions() -> set[str]:
    return _actions(documents.autoscaling("tag", "groups"))


def _actions(policy: str) -> set[str]:
    return {action for statement in json.loads(policy)["Statement"] for action in _listed(statement["Action"])}


def cloud_roles(engine: Engine, parts: list[tuple[Made, str]]) -> Iterator[tuple[str, ...]]:
    """Roles and accounts that a component makes in the cloud for machines and services, not for pods."""
    rows: dict[tuple[str, str], dict[str, None]] = {}
    for made, owner in parts:
        if made.type == "aws:iam/role:Role" and not _is_of_pods(made):
            (statement,) = json.loads(made.inputs["assumeRolePolicy"])["Statement"]
            key = (f"`{general(made.name, owner)}`", ", ".join(f"`{who}`" for who in statement["Principal"].values()))
            rows.setdefault(key, {}).update(dict.fromkeys(_attached(engine, made)))
        elif made.kind == "IAMMember" and made.type.startswith("gcp:projects/"):
            member = made.inputs["member"]
            who = "nodes" if "@test." in member else f"`{member}`"
            key = (f"`{made.inputs['role']}`", who)
            rows.setdefault(key, {})["in this cluster alone" if made.inputs.get("condition") else "in the project"] = (
                None
            )
    for (role, who), rights in rows.items():
        yield role, who, "; ".join(rights) or "nothing"


def _attached(engine: Engine, role: Made) -> Iterator[str]:
    ours = {role.name, f"{role.name}-id"}
    for made in engine.made:
        if made.kind == "RolePolicyAttachment" and made.inputs["role"] in ours:
            yield f"`{made.inputs['policyArn'].rpartition('/')[2]}`"
        elif made.kind == "RolePolicy" and made.inputs["role"] in ours:
            yield _document(made.inputs["policy"])


def _is_of_pods(role: Made) -> bool:
    return "pods.eks.amazonaws.com" in role.inputs["assumeRolePolicy"]


def _document(policy: str) -> str:
    """Actions that a policy of IAM allows, by service."""
    actions: dict[str, dict[str, None]] = {}
    for statement in json.loads(policy)["Statement"]:
        for action in _listed(statement["Action"]):
            service, _, what = action.partition(":")
            actions.setdefault(service, {})[what] = None
    return ", ".join(f"{service} {'/'.join(names)}" for service, names in actions.items())


def _listed(one: str | list[str]) -> list[str]:
    return [one] if isinstance(one, str) else list(one)


def general(name: str, owner: str) -> str:
    """A name with the component's own, `owner`, left open."""
    return f"<name>{name[len(owner) :]}" if name == owner or name.startswith(f"{owner}-") else name
