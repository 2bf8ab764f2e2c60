"""What nodes have for pods when all pools of a cluster are at their largest, as far as it is known here."""

from typing import Any

from .gpus import POOL
from .settings import SYSTEM, CloudSettings

_SHARE = 0.85
"""Of a machine; the rest is for the system, the kubelet, and the pods that the cloud itself runs on each node."""
_GIBIBYTE = 2**30


def nodes(settings: CloudSettings, system: tuple[int, int] | None) -> list[dict[str, Any]]:
    """In Kubernetes' words, for whoever wants to know before an update whether all pods fit.

    `system` is the size of a machine without GPUs, in vCPUs and GiB, where it is known.
    """
    plain: dict[str, Any] = {"name": SYSTEM, "count": settings.system.max, "labels": {POOL: SYSTEM}}
    if system:
        plain["room"] = _room(*system)
    found = [plain]
    for name, pool in settings.gpu_pools.items():
        machine = settings.offer.choose(pool)
        room = {**_room(machine.cpu, machine.ram), **pool.devices}
        told = {"labels": {POOL: name}, "taints": [str(pool.taint)]}
        found.append({"name": name, "count": pool.max, "room": room, **told})
    return found


def _room(cpu: int, gibibytes: int) -> dict[str, float]:
    return {"cpu": cpu * _SHARE, "memory": gibibytes * _SHARE * _GIBIBYTE}
