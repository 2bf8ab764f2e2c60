"""Who may ask what of the Kubernetes API. Nobody has a right beyond the two namespaces of an installation."""

from pulumi import Input

from ...k8s.rbac import Grant, Rule, elected
from .definitions import GROUP
from .settings import ArgoSettings

_WATCH = ["get", "list", "watch"]
_ALL = ["create", *_WATCH, "update", "patch", "delete"]


def controller(
    namespace: Input[str], runs: Input[str], config: Input[str], database: Input[str], lease: Input[str]
) -> list[Grant]:
    """It makes and removes the pods of workflows, and keeps the workflows' own state."""
    return [
        Grant(
            [
                Rule("", ["configmaps"], ["get", "watch"], [config]),
                Rule("", ["secrets"], ["get"], [database]),
                Rule("", ["events"], ["create", "patch"]),
                *elected(lease),
            ],
            namespace,
        ),
        Grant(
            [
                Rule("", ["pods"], ["create", *_WATCH, "patch", "delete"]),
                # By which it ends the containers of a pod.
                Rule("", ["pods/exec"], ["create"]),
                # Parameters and limits that workflows read from them.
                Rule("", ["configmaps"], _WATCH),
                Rule("", ["serviceaccounts"], ["get"]),
                Rule(
                    "",
                    ["persistentvolumeclaims", "persistentvolumeclaims/finalizers"],
                    ["create", "get", "update", "delete"],
                ),
                Rule("", ["events"], ["create", "patch"]),
                Rule("policy", ["poddisruptionbudgets"], ["create", "get", "delete"]),
                Rule(GROUP, ["workflows", "workflowtasksets", "workflowartifactgctasks"], _ALL),
                Rule(GROUP, ["workflows/finalizers", "workflowtasksets/finalizers"], ["update"]),
                Rule(GROUP, ["workflowtemplates"], _WATCH),
                Rule(GROUP, ["cronworkflows", "cronworkflows/finalizers"], [*_WATCH, "update", "patch", "delete"]),
                Rule(GROUP, ["workflowtaskresults"], ["list", "watch", "deletecollection"]),
            ],
            runs,
        ),
    ]


def server(
    settings: ArgoSettings,
    namespace: Input[str],
    runs: Input[str],
    config: Input[str],
    database: Input[str],
    token: str,
) -> list[Grant]:
    """It acts with the rights of whoever asks, and has few of its own: to list what it answers from its cache."""
    chosen = settings.single_sign_on
    read = [database, *([settings.certificate] if settings.certificate else []), *([chosen.secret] if chosen else [])]
    home = [Rule("", ["configmaps"], ["get"], [config]), Rule("", ["secrets"], ["get"], read)]
    seen = [Rule(GROUP, ["workflows", "workflowtemplates"], ["list", "watch"])]
    if chosen:
        # The key of its cookies, which it makes at the first start.
        home += [Rule("", ["secrets"], ["create"]), Rule("", ["secrets"], ["get"], ["sso"])]
        seen += [Rule("", ["serviceaccounts"], ["list", "watch"]), Rule("", ["secrets"], ["get"], [token])]
    return [Grant(home, namespace), Grant(seen, runs)]


def executor(runs: Input[str]) -> list[Grant]:
    """It tells how a step ended. The step beside it has no token."""
    return [Grant([Rule(GROUP, ["workflowtaskresults"], ["create", "patch"])], runs)]


def user(runs: Input[str], artifacts: Input[str]) -> list[Grant]:
    """People and programs that start workflows and look at them."""
    return [
        Grant(
            [
                Rule(GROUP, ["workflows", "cronworkflows"], _ALL),
                Rule(GROUP, ["workflowtemplates"], _WATCH),
                # A retry removes the pods of the steps that failed.
                Rule("", ["pods"], [*_WATCH, "delete"]),
                Rule("", ["pods/log"], ["get"]),
                Rule("", ["events"], ["list", "watch"]),
                # The server fetches a log from the bucket in the name of whoever wants it.
                Rule("", ["secrets"], ["get"], [artifacts]),
            ],
            runs,
        )
    ]
