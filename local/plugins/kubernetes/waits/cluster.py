"""Objects that change what the cluster itself can do: definitions, aggregated APIs, namespaces."""

from local.plugins.kubernetes.api import Api
from local.plugins.kubernetes.paths import dig
from local.plugins.kubernetes.waits.verdict import READY, Document, Verdict, condition, hopeless, waiting


def definition(live: Document, api: Api) -> Verdict:
    """A custom resource definition, usable once established."""
    names = condition(live, "NamesAccepted")
    if names.get("status") == "False" and names.get("reason") not in (None, "NotAccepted"):
        return hopeless(f"its names are taken: {names.get('message')}")
    return READY if condition(live, "Established").get("status") == "True" else waiting("it is not established yet")


def api_service(live: Document, api: Api) -> Verdict:
    available = condition(live, "Available")
    if available.get("status") == "True":
        return READY
    return waiting(f"it is not available yet: {available.get('message', 'not seen yet')}")


def namespace(live: Document, api: Api) -> Verdict:
    if dig(live, "status", "phase") == "Terminating" or dig(live, "metadata", "deletionTimestamp"):
        return hopeless("it is being deleted: wait until it is gone, then run the update again")
    return READY if dig(live, "status", "phase") == "Active" else waiting("it is not active yet")


def admission_policy(live: Document, api: Api) -> Verdict:
    """Type checking finds expressions that would fail for each object they judge."""
    warnings = dig(live, "status", "typeChecking", "expressionWarnings", default=[])
    if warnings:
        found = [f"{item.get('fieldRef')}: {item.get('warning', '').strip()}" for item in warnings]
        return hopeless("its expressions do not fit the objects they are for", found)
    return READY
