"""Which machine a database of Cloud SQL runs on: there the tier is its vCPUs and its memory, within bounds.

Bounds: cloud.google.com/sql/docs/postgres/create-instance, "Machine types", of the edition Enterprise.
"""

from math import ceil

from ..cloud import CloudDatabaseSettings

_MOST_CPU = 96
_STEP, _LEAST = 256, 3840  # MiB
_LEAST_PER_CPU, _MOST_PER_CPU = 922, 6656  # MiB: 0.9 and 6.5 GiB


def choose(settings: CloudDatabaseSettings) -> str:
    """The smallest tier with so much of both. Raises ValueError, saying what there is, if none has."""
    memory = max(settings.gib * 1024, _LEAST)
    cpu = max(settings.cpu, ceil(memory / _MOST_PER_CPU))
    cpu += cpu > 1 and cpu % 2  # one, or an even number
    if cpu > _MOST_CPU:
        most = _MOST_CPU * _MOST_PER_CPU // 1024
        raise ValueError(f"no machine has {settings.memory}; write no more than {most}Gi")
    memory = ceil(max(memory, cpu * _LEAST_PER_CPU) / _STEP) * _STEP
    return f"db-custom-{cpu}-{memory}"
