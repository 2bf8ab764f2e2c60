"""On which ports a component answers and as whom its pods act, read off what the program registers for whole stacks.

Names are as the component gives them, with `<name>` for what the program calls it.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from reference.cloud import cloud_roles, general, rights_in_clouds
from reference.programs import environment, run, whole
from reference.recording import GIVEN, Engine, Made
from reference.tables import table

_IN_A_CLUSTER, _IN_A_CLOUD = ("local", "onprem"), ("aws-prod", "gcp-prod")
STACKS = _IN_A_CLUSTER + _IN_A_CLOUD
"""A component is looked up in the first that has it; what its accounts may do in a cloud, in those there."""

_NOT_OURS = "no pod of the plan"
_NOT_IN_A_CLOUD = ("alluxio", "fluid", "datasets")
_BINDINGS = ("RoleBinding", "ClusterRoleBinding")


def exposed(component: str) -> str:
    """Tables of ports, of accounts in the cluster and of roles in a cloud; one that would be empty is left out."""
    engine, parts = found(component)
    parts_of = [
        (
            "Ports, with `<name>` for what the program calls it",
            ("port", "of", "Service"),
            sorted(_ports(engine, parts), key=lambda row: row[1]),
        ),
        ("Identities", ("account", "of", "may, in the cluster", "may, in a cloud"), sorted(_accounts(component))),
        ("Roles in the cloud", ("role", "taken on by", "may"), sorted(cloud_roles(engine, parts))),
    ]
    return "".join(f"\n{title}:\n\n{table(head, rows)}" for title, head, rows in parts_of if rows)


def found(component: str) -> tuple[Engine, list[tuple[Made, str]]]:
    """The first stack that has it, and its objects there. Raises LookupError where none has it."""
    for stack in STACKS:
        if parts := _parts(stack, component):
            return planned(stack), parts
    raise LookupError(f"no stack has {component}: add one that has to STACKS of reference/exposed.py")


@cache
def planned(stack: str) -> Engine:
    """A stack; in a cloud, with all layers that are on elsewhere and may be on there."""
    if stack in _IN_A_CLUSTER:
        return whole(_file(stack))
    own, elsewhere = environment(_file(stack)), environment(_file("onprem"))
    more = {key: value for key, value in elsewhere.items() if key not in _NOT_IN_A_CLOUD}
    if own["cluster"]["kind"] == "aws":
        own["cluster"]["version"] = "1.36"  # which layers from elsewhere need
    return run({**more, "modelServers": {"served": {"model": "any", "version": 1}}, **own})


def _file(stack: str) -> Path:
    return Path(f"stacks/Pulumi.{stack}.yaml")


@cache
def _parts(stack: str, component: str) -> list[tuple[Made, str]]:
    """Each object that is a part of it, or of what only it makes, with the component's name in the program."""
    from reference.pages import COMPONENTS

    engine, parts = planned(stack), []
    for made in engine.made:
        owners = [(made.type, made.name), *engine.within(made)]
        known = [(kind.rpartition(":")[2], name) for kind, name in owners if kind.startswith("mlops:")]
        nearest = next((owner for owner in known if owner[0] in COMPONENTS), None)
        if nearest and nearest[0] == component:
            parts.append((made, nearest[1]))
    return parts


def _ports(engine: Engine, parts: list[tuple[Made, str]]) -> Iterator[tuple[str, ...]]:
    services = [(made, name) for made, name in parts if made.type == "kubernetes:core/v1:Service"]
    rows, led = {}, set()
    for made, name in parts:
        labels = pod(made).get("metadata", {}).get("labels", {})
        for number, protocol, called in _container_ports(made):
            to = []
            for service, owner in services:
                spec = service.inputs["spec"]
                if (spec.get("selector") or {"": ""}).items() <= labels.items():
                    for port in spec["ports"]:
                        if port.get("targetPort", port["port"]) in (number, called):
                            to.append(_service(service, owner, int(port["port"]), number))
                            led.add((service.name, port["port"]))
            row = f"`{called}` {number}" if called else str(number)
            key = (row + protocol, _who(made, name))
            rows.setdefault(key, dict.fromkeys(to)).update(dict.fromkeys(to))
    for (port, of), to in rows.items():
        yield port, of, ", ".join(sorted(to)) or "none"
    for service, owner in services:
        for port in service.inputs["spec"].get("ports", []):
            if (service.name, port["port"]) not in led:
                number = int(port["port"])
                yield str(number), _NOT_OURS, _service(service, owner, number, number)


def _container_ports(made: Made) -> Iterator[tuple[int, str, str]]:
    spec = pod(made).get("spec", {})
    for container in [*spec.get("initContainers", []), *spec.get("containers", [])]:
        for port in container.get("ports", []):
            protocol = port.get("protocol", "TCP")
            yield int(port["containerPort"]), "" if protocol == "TCP" else f" {protocol}", port.get("name", "")


def _service(made: Made, owner: str, port: int, pods: int) -> str:
    called = general(made.inputs["metadata"].get("name", made.name), owner)
    shown = f"`{called}`" if port == pods else f"`{called}` as {port}"
    return f"{shown} (each pod)" if made.inputs["spec"].get("clusterIP") == "None" else shown


def _accounts(component: str) -> Iterator[tuple[str, ...]]:
    rows: dict[str, tuple[dict[str, None], dict[str, None], dict[str, list[str]]]] = {}
    first, in_a_cloud = dict[str, str](), set[str]()
    for stack in STACKS:
        engine, parts = planned(stack), _parts(stack, component)
        for made, owner in parts:
            if made.type != "kubernetes:core/v1:ServiceAccount":
                continue
            known = general(made.name, owner)
            of, here, there = rows.setdefault(known, ({}, {}, {}))
            if first.setdefault(known, stack) == stack:
                of.update(dict.fromkeys(_users(made, parts)))
                here.update(dict.fromkeys(_rights(engine, made, owner)))
            if stack in _IN_A_CLOUD:
                in_a_cloud.add(known)
            for cloud, right in rights_in_clouds(engine, physical(made)):
                there.setdefault(right, []).append(cloud)
    for account, (of, here, there) in rows.items():
        rights = [f"{right} ({', '.join(dict.fromkeys(clouds))})" for right, clouds in there.items()]
        there_too = "; ".join(sorted(rights)) or ("nothing" if account in in_a_cloud else "is in none")
        yield f"`{account}`", ", ".join(sorted(of)) or _NOT_OURS, "; ".join(sorted(here)) or "nothing", there_too


def _users(account: Made, parts: list[tuple[Made, str]]) -> Iterator[str]:
    for made, name in parts:
        if pod(made).get("spec", {}).get("serviceAccountName") == physical(account):
            yield _who(made, name)


def _rights(engine: Engine, account: Made, owner: str) -> Iterator[str]:
    roles = {(made.kind, physical(made)): made for made in engine.made if made.kind in ("Role", "ClusterRole")}
    for binding in (made for made in engine.made if made.kind in _BINDINGS):
        subjects = binding.inputs.get("subjects", [])
        if not any((one["kind"], one["name"]) == ("ServiceAccount", physical(account)) for one in subjects):
            continue
        reference = binding.inputs["roleRef"]
        role = roles.get((reference["kind"], reference["name"]))
        where = f"in `{binding.inputs['metadata']['namespace']}`" if binding.kind == "RoleBinding" else "everywhere"
        if role is None:
            yield f"{where}: what `{reference['name']}` may"
            continue
        rules = role.inputs.get("rules") or []
        yield f"{where}: " + ", ".join(_rule(one, owner) for one in rules)


def _rule(rule: dict[str, Any], owner: str) -> str:
    on = [*rule.get("resources", []), *rule.get("nonResourceURLs", [])]
    names = [f"`{general(name.removesuffix(GIVEN), owner)}`" for name in rule.get("resourceNames") or []]
    return f"{'/'.join(rule['verbs'])} {' '.join(on)}" + (f" ({', '.join(names)} alone)" if names else "")


def pod(made: Made) -> dict[str, Any]:
    """The template of the pods of a workload, or nothing."""
    spec = made.inputs.get("spec")
    spec = spec.get("jobTemplate", {}).get("spec", spec) if isinstance(spec, dict) else {}
    template = spec.get("template")
    return template if made.type.startswith("kubernetes:") and isinstance(template, dict) else {}


def physical(made: Made) -> str:
    """The name that the recording engine gives it."""
    return made.inputs.get("metadata", {}).get("name") or made.name + GIVEN


def _who(made: Made, owner: str) -> str:
    return f"{made.kind} `{general(made.name, owner)}`"
