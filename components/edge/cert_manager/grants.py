"""Who may ask what of the Kubernetes API: each program of cert-manager, under an account of its own.

The controller reads and makes Secrets in all namespaces, as that is where certificates are asked for. It may not change
one by `update`, run pods, or touch an Ingress: challenges by HTTP, which take those rights, are not used here.
"""

from pulumi import Input

from ...k8s.rbac import Grant, Rule, elected
from .definitions import ACME_GROUP, GROUP

LEASE, INJECTORS_LEASE = "cert-manager-controller", "cert-manager-cainjector-leader-election"
"""By the names that are part of cert-manager: of several, who has it works."""
_SEE = ["get", "list", "watch"]
_ASKED = ["certificaterequests", "certificates", "clusterissuers", "issuers"]
_WEBHOOKS = "admissionregistration.k8s.io"


def controller(namespace: Input[str]) -> list[Grant]:
    """Of the account that gets certificates."""
    return [
        Grant([*_certificates(), *_acme(), *_secrets()], None),
        Grant(elected(LEASE), namespace),
    ]


def _certificates() -> list[Rule]:
    signers = ["clusterissuers.cert-manager.io/*", "issuers.cert-manager.io/*"]
    return [
        Rule(GROUP, _ASKED, _SEE),
        Rule(GROUP, ["certificaterequests"], ["create", "delete", "update"]),
        Rule(GROUP, [f"{kind}/status" for kind in _ASKED], ["update"]),
        # Owners of what it makes, which some clusters ask for.
        Rule(GROUP, [f"{kind}/finalizers" for kind in _ASKED], ["update"]),
        Rule(GROUP, ["signers"], ["approve"], signers),
    ]


def _acme() -> list[Rule]:
    kinds = ["challenges", "orders"]
    return [
        Rule(ACME_GROUP, kinds, ["create", "delete", *_SEE]),
        Rule(ACME_GROUP, ["challenges"], ["patch"]),
        Rule(ACME_GROUP, [f"{kind}/status" for kind in kinds], ["update"]),
        Rule(ACME_GROUP, [f"{kind}/finalizers" for kind in kinds], ["update"]),
        # What challenges by HTTP are made of. It watches them whether there is such a challenge or not.
        Rule("", ["pods", "services"], _SEE),
        Rule("networking.k8s.io", ["ingresses"], _SEE),
    ]


def _secrets() -> list[Rule]:
    return [Rule("", ["secrets"], ["create", "delete", *_SEE, "patch"]), Rule("", ["events"], ["create", "patch"])]


def webhook(namespace: Input[str], authority: Input[str]) -> list[Grant]:
    """It signs its own certificate, and asks whether somebody may approve a request."""
    return [
        Grant([Rule("authorization.k8s.io", ["subjectaccessreviews"], ["create"])], None),
        Grant(
            [
                Rule("", ["secrets"], ["create"]),  # which can't be narrowed to a name
                Rule("", ["secrets"], [*_SEE, "update"], [authority]),
            ],
            namespace,
        ),
    ]


def injector(namespace: Input[str], changes: Input[str], checks: Input[str]) -> list[Grant]:
    """It reads whom to trust at home, and writes that into the registrations of cert-manager's own webhook."""
    both = ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"]
    return [
        Grant(
            [
                Rule(_WEBHOOKS, both, _SEE),  # which can't be narrowed to a name for a cache
                Rule(_WEBHOOKS, both[:1], ["patch"], [changes]),
                Rule(_WEBHOOKS, both[1:], ["patch"], [checks]),
            ],
            None,
        ),
        Grant(
            [
                Rule("", ["secrets"], _SEE),  # nor this
                Rule("", ["events"], ["create", "patch"]),
                *elected(INJECTORS_LEASE),
            ],
            namespace,
        ),
    ]


def check(namespace: Input[str]) -> list[Grant]:
    """It asks for a certificate, and has the API server leave it at that."""
    return [Grant([Rule(GROUP, ["certificaterequests"], ["create"])], namespace)]
