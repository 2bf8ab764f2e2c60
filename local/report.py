"""What `make up` and `make status` say at the end."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from local.cluster import PodPlacement
from policies.report.tables import table


def endpoint_table(outputs: Mapping[str, Any], pods: Sequence[PodPlacement] | None) -> str:
    """Each system: whether it is real, where it is, how to log in; then what to try."""
    rows = [
        [system, _kind(system, pods), endpoint["url"], _login(system, endpoint)]
        for system, endpoint in outputs.get("endpoints", {}).items()
    ]
    return "\n".join(
        [
            "",
            table(["system", "pods", "URL", "log in"], rows),
            "",
            "passwords:  make endpoints",
            "next:       make train    # runs examples/training in the cluster; with ENGINE=argo on that engine",
        ]
    )


def pod_table(pods: Sequence[PodPlacement]) -> str:
    rows = [
        [pod.namespace, pod.name, pod.phase, "real" if pod.real else "simulated" if pod.simulated else "waiting"]
        for pod in sorted(pods, key=lambda pod: (pod.namespace, pod.name))
    ]
    return table(["namespace", "pod", "phase", "kind"], rows)


def _kind(system: str, pods: Sequence[PodPlacement] | None) -> str:
    if pods is None:
        return "your cluster"
    mine = [pod for pod in pods if system in _names(pod.labels) and pod.phase == "Running"]
    counted = Counter("real" if pod.real else "simulated" for pod in mine)
    return ", ".join(f"{count} {kind}" for kind, count in sorted(counted.items())) or "none running"


def _names(labels: Mapping[str, str]) -> set[str]:
    """What a pod's endpoint may be called: after its system, or after one part of that."""
    system, part = (labels.get(f"app.kubernetes.io/{key}", "") for key in ("instance", "component"))
    return {system, f"{system}-{part}"}


def _login(system: str, endpoint: Mapping[str, str]) -> str:
    if "token" in endpoint:
        return "with a token; `make endpoints` has the command for it"
    if "password" in endpoint and "username" not in endpoint:
        return "with the token in `make endpoints`"
    if "username" not in endpoint:
        return "none"
    return f"as {endpoint['username']}, password in `make endpoints`"
