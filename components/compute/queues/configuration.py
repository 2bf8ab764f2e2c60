"""What Kueue's controller reads from its ConfigMap."""

from collections.abc import Sequence
from typing import Any

from pulumi import Input, Output

from ...base import Text
from ...k8s.plain import as_json
from ...k8s.webhooks import PORT
from .settings import KueueSettings

FILE = "controller.yaml"
HEALTH, METRICS = 8081, 8443
"""Ports."""
LEASE = "kueue"

_NOT_SHARED = ("ephemeral-storage", "hugepages-", "vpc.amazonaws.com/")
"""Nobody has a quota of these, for which a pod would wait for good. Interfaces of EFA go with a node's GPUs."""

_UNUSED = ("MultiKueue", "ProvisioningACC", "TopologyAwareScheduling", "VisibilityOnDemand")
"""Further clusters, ordered machines, racks, and an API of its own: each needs rights or kinds that are not there."""


def configuration(
    settings: KueueSettings, namespace: Text, namespaces: Sequence[Text], service: str, certificate: Input[str]
) -> Output[str]:
    """One document, in which no secret is."""
    return as_json(
        {
            "apiVersion": "config.kueue.x-k8s.io/v1beta1",
            "kind": "Configuration",
            "namespace": namespace,
            "health": {"healthProbeBindAddress": f":{HEALTH}"},
            "metrics": {"bindAddress": f":{METRICS}", "enableClusterQueueResources": True},
            "webhook": {"port": PORT},
            "leaderElection": {"leaderElect": True, "resourceName": LEASE, "resourceNamespace": namespace},
            "controller": {"groupKindConcurrency": {"Job.batch": 5, "Pod": 5, "Workload.kueue.x-k8s.io": 5}},
            "clientConnection": {"qps": 50, "burst": 100},
            "internalCertManagement": {
                "enable": True,
                "webhookServiceName": service,
                "webhookSecretName": certificate,
            },
            # An engine's own pods, which start steps and wait for them, must never wait behind these.
            "manageJobsWithoutQueueName": False,
            "managedJobsNamespaceSelector": among(namespaces),
            "integrations": {"frameworks": ["batch/job", "pod"]},
            "waitForPodsReady": _gangs(settings),
            "resources": {"excludeResourcePrefixes": list(_NOT_SHARED)},
            "featureGates": dict.fromkeys(_UNUSED, False),
        }
    )


def among(namespaces: Sequence[Text]) -> dict[str, Any]:
    """These namespaces, by the label that the API server itself gives them, and nobody can take off."""
    one = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": list(namespaces)}
    return {"matchExpressions": [one]}


def _gangs(settings: KueueSettings) -> dict[str, Any]:
    """Quota is given to a gang as a whole. If its pods don't all get ready, it gives that back and tries again later.

    Others are admitted meanwhile: one image that can't be pulled must not hold up the whole cluster.
    """
    return {
        "enable": True,
        "timeout": f"{settings.ready_within}s",
        "recoveryTimeout": f"{settings.ready_within}s",
        "blockAdmission": False,
        "requeuingStrategy": {"timestamp": "Eviction", "backoffLimitCount": settings.attempts},
    }
