"""The front door of a stack file: whether it can be, its pages, its login's secret, and who signs for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pulumi import Config, Output, RunError, get_stack

from components.access import Endpoint, Page
from components.k8s.network import Outside

if TYPE_CHECKING:
    from .environment import Environment

SECRET = "frontDoorClientSecret"

_PAGES = {
    "tracking": "mlflow",
    "features": "feast-page",
    "argo": "argo",
    "prefect": "prefect",
    "luigi": "luigi",
    "airflow": "airflow",
    "mlrun": "mlrun-ui",
    "metadata": "datahub",
}
"""Section of a stack file -> what the program calls the system that so has a page."""


def shown(environment: Environment, endpoints: Mapping[str, Endpoint]) -> dict[str, Page]:
    """The pages that the front door leads to."""
    chosen = environment.front_door.pages if environment.front_door else ()
    known = {system: endpoint.page for system, endpoint in endpoints.items() if endpoint.page}
    return {system: page for system, page in known.items() if not chosen or system in chosen}


def client_secret(environment: Environment) -> Output[str] | None:
    """From the configuration, where the stack file names no Secret. Raises RunError, before any resource."""
    door = environment.front_door
    if door is None or door.login.secret:
        return None
    found = Config().get_secret(SECRET)
    if found is None:
        raise RunError(
            f"stacks/Pulumi.{get_stack()}.yaml: environment.frontDoor.login: has no secret of its client; write the "
            f"name of a Secret under `secret`, or run `pulumi config set --secret {SECRET}`"
        )
    return found


def authorities(environment: Environment) -> dict[str, Outside]:
    """Where cert-manager has to get to for the front door's certificate: an authority's API, wherever that is."""
    acme = environment.front_door.certificates.acme if environment.front_door else None
    return {"authority": Outside((("0.0.0.0/0", (urlsplit(acme.server).port or 443,)),))} if acme else {}


def mishung(environment: Environment) -> Iterator[str]:
    """One line for each mistake."""
    door = environment.front_door
    if door is None:
        return
    there = [system for section, system in _PAGES.items() if getattr(environment, section) is not None]
    if not there:
        yield "frontDoor: no system is on that has a page; add one, such as `tracking: {}`, or remove this"
    for system in door.pages:
        if there and system not in there:
            yield f"frontDoor.pages: there is no page of `{system}` here; write some of {', '.join(there)}"
    if environment.access.domain not in (None, door.domain):
        yield f"access.domain: the front door's is {door.domain}; write it there alone"
