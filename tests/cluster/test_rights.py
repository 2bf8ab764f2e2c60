"""What each account may ask of the Kubernetes API, by that API's own answer: all that is listed here, and no more."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import kubernetes
import pytest
import yaml

from local.paths import KUBECONFIG
from tests.cluster.platform import Platform

Rights = dict[str, set[str]]
"""`resource.group`, or `resource/name.group` for one object -> verbs."""

_EVERYBODYS = {
    *(f"selfsubject{what}reviews.authorization.k8s.io" for what in ("access", "rules")),
    "selfsubjectreviews.authentication.k8s.io",
    "clustertrustbundles.certificates.k8s.io",
}
"""By which every account asks about itself, and reads whom the cluster trusts."""

_HERE = Path(__file__).parent


def listed(layers: Iterable[str]) -> dict[str, dict[str, Rights]]:
    """Account, without the suffix that makes it unique -> layer of the namespace -> what it may do there."""
    files = [_HERE / "rights.yaml", *(_HERE / "data/rights" / f"{layer}.yaml" for layer in layers)]
    pages = [yaml.safe_load(file.read_text()) for file in files if file.exists()]
    return {
        account: {layer: {what: set(verbs.split()) for what, verbs in rules.items()} for layer, rules in places.items()}
        for page in pages
        for account, places in page.items()
    }


LABELLERS = {"fluid-runtimes-account", "fluid-node-account"}
"""Fluid labels the nodes that hold a cache, and those that read from one."""

FORBIDDEN = [
    ("get", "", "secrets", "databases"),
    ("list", "", "secrets", "tracking"),
    ("create", "", "pods", "databases"),
    ("create", "", "pods/exec", "storage"),
    ("impersonate", "", "serviceaccounts", "databases"),
    ("create", "rbac.authorization.k8s.io", "rolebindings", "tracking"),
    ("escalate", "rbac.authorization.k8s.io", "roles", "tracking"),
    ("patch", "", "nodes", None),
    ("create", "", "namespaces", None),
]


def client(account: str | None = None) -> kubernetes.client.ApiClient:
    """As the administrator, or in an account's name."""
    made = kubernetes.config.new_client_from_config(str(KUBECONFIG))
    if account:
        made.set_default_header("Impersonate-User", account)
    return made


def rights(account: str, namespace: str, stack: str) -> Rights:
    """What the account may do there, with what it may do everywhere."""
    found: Rights = {}
    with client(account) as api:
        review = kubernetes.client.V1SelfSubjectRulesReview(spec={"namespace": namespace})
        answer = kubernetes.client.AuthorizationV1Api(api).create_self_subject_rules_review(review)
    for rule in answer.status.resource_rules:
        for group in rule.api_groups:
            for resource in rule.resources:
                for name in rule.resource_names or [""]:
                    one = f"/{_without_suffix(name, stack)}" if name else ""
                    key = f"{resource}{one}{'.' if group else ''}{group}"
                    found.setdefault(key, set()).update(rule.verbs)
    return {key: verbs for key, verbs in found.items() if key not in _EVERYBODYS}


def _without_suffix(name: str, stack: str) -> str:
    """A name without what the engine appends to it, so that there are never two, and without that of the stack."""
    return re.sub(r"-[0-9a-f]{8}$", "", name).replace(f"-{stack}-", "-")


def may(account: str, verb: str, group: str, resource: str, namespace: str | None) -> bool:
    kind, _, part = resource.partition("/")
    asked = {"verb": verb, "group": group, "resource": kind, "subresource": part, "namespace": namespace}
    with client(account) as api:
        review = kubernetes.client.V1SelfSubjectAccessReview(spec={"resourceAttributes": asked})
        answer = kubernetes.client.AuthorizationV1Api(api).create_self_subject_access_review(review)
    return bool(answer.status.allowed)


@pytest.fixture(scope="module")
def accounts(platform: Platform) -> dict[str, str]:
    """Account without its suffix -> its full user name."""
    return dict(_accounts(platform))


def _accounts(platform: Platform) -> Iterator[tuple[str, str]]:
    with client() as api:
        for namespace in platform.namespaces.values():
            for item in kubernetes.client.CoreV1Api(api).list_namespaced_service_account(namespace).items:
                name = item.metadata.name
                key = f"{namespace}/{name}" if name == "default" else _without_suffix(name, platform.stack.name)
                yield key, f"system:serviceaccount:{namespace}:{name}"


def test_every_account_may_do_what_it_must_and_nothing_else(platform: Platform, accounts: dict[str, str]):
    namespaces = platform.namespaces
    expected = listed(namespaces)
    wanted = {
        (account, layer): expected.get(account, {}).get("*", {}) | expected.get(account, {}).get(layer, {})
        for account in accounts
        for layer in namespaces
    }
    found = {
        (account, layer): rights(user, namespace, platform.stack.name)
        for account, user in accounts.items()
        for layer, namespace in namespaces.items()
    }
    assert {at: has for at, has in found.items() if has != wanted[at]} == {}
    assert expected.keys() <= accounts.keys(), "an account that is listed here is gone"


@pytest.mark.parametrize(("verb", "group", "resource", "layer"), FORBIDDEN)
def test_no_account_may_take_over_another_layer(
    platform: Platform, accounts: dict[str, str], verb: str, group: str, resource: str, layer: str | None
):
    namespace = platform.namespace(layer) if layer else None
    others = {account: user for account, user in accounts.items() if resource != "nodes" or account not in LABELLERS}
    assert [account for account, user in others.items() if may(user, verb, group, resource, namespace)] == []
