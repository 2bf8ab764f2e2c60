"""Who may ask what of the Kubernetes API.

Kueue watches the whole cluster: its caches know no narrower way. What it changes of other people's is fenced in by a
rule of the API server (guard.py), which says why no Role of a namespace does it.
"""

from pulumi import Input

from ...k8s.rbac import Grant, Rule, elected
from .configuration import LEASE
from .definitions import GROUP

_WATCH = ["get", "list", "watch"]
_WRITE = ["update", "patch"]
_WEBHOOKS = "admissionregistration.k8s.io"


def controller(namespace: Input[str], certificate: Input[str], changes: str, checks: str) -> list[Grant]:
    """Of the account of all its pods."""
    return [Grant([*_seen(), *_work(), *_queues(), *_asked(changes, checks)], None), _home(namespace, certificate)]


def _seen() -> list[Rule]:
    kinds = ["admissionchecks", "clusterqueues", "cohorts", "localqueues"]
    return [
        Rule("", ["pods", "namespaces", "limitranges"], _WATCH),
        Rule("batch", ["jobs", "cronjobs"], _WATCH),
        # Whose pod or Job it is, and whose that is: what waits already must not wait twice.
        Rule("apps", ["deployments", "replicasets", "statefulsets"], _WATCH),
        Rule("argoproj.io", ["workflows"], _WATCH),
        # It asks this of every Job, also of one that names no queue, and stops where it gets no answer.
        Rule("data.fluid.io", ["dataloads", "databackups", "datamigrates", "dataprocesses"], _WATCH),
        Rule("node.k8s.io", ["runtimeclasses"], _WATCH),
        Rule("scheduling.k8s.io", ["priorityclasses"], _WATCH),
        Rule(GROUP, [*kinds, "resourceflavors", "workloadpriorityclasses", "workloads"], _WATCH),
    ]


def _work() -> list[Rule]:
    """It starts work that waits, evicts what runs on borrowed quota, and says why."""
    return [
        Rule("", ["pods"], [*_WRITE, "delete"]),
        Rule("", ["pods/status"], ["patch"]),
        Rule("batch", ["jobs", "jobs/status"], _WRITE),
        Rule("", ["pods/finalizers"], ["update"]),
        Rule("batch", ["jobs/finalizers"], ["update"]),
        Rule("", ["events"], ["create", "patch"]),
    ]


def _queues() -> list[Rule]:
    return [
        Rule(GROUP, ["workloads"], ["create", *_WRITE, "delete"]),
        Rule(GROUP, ["clusterqueues", "localqueues", "resourceflavors", "admissionchecks"], _WRITE),
        Rule(GROUP, [f"{kind}/status" for kind in ("workloads", "clusterqueues", "localqueues", "cohorts")], _WRITE),
        Rule(GROUP, [f"{kind}/finalizers" for kind in ("workloads", "clusterqueues", "localqueues")], ["update"]),
        Rule(GROUP, ["admissionchecks/status"], _WRITE),
        Rule(GROUP, ["resourceflavors/finalizers", "admissionchecks/finalizers"], ["update"]),
    ]


def _asked(changes: str, checks: str) -> list[Rule]:
    """It tells the API server of its certificate, and asks it who wants its metrics."""
    both = ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"]
    return [
        Rule(_WEBHOOKS, both, _WATCH),  # which can't be narrowed to a name for a cache
        Rule(_WEBHOOKS, both[:1], ["update"], [changes]),
        Rule(_WEBHOOKS, both[1:], ["update"], [checks]),
        Rule("authentication.k8s.io", ["tokenreviews"], ["create"]),
        Rule("authorization.k8s.io", ["subjectaccessreviews"], ["create"]),
    ]


def _home(namespace: Input[str], certificate: Input[str]) -> Grant:
    return Grant(
        [
            Rule("", ["secrets"], _WATCH),  # which can't be narrowed to a name for a cache
            Rule("", ["secrets"], ["update"], [certificate]),
            *elected(LEASE),
        ],
        namespace,
    )
