"""What a stack may grow to, by region: GPUs, and the quotas by which the clouds bound them."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from .pools import Pool

_DATA = Path(__file__).with_name("quotas.json")
_UNNAMED, _ALL = "no quota known here", "all regions"


@dataclass(frozen=True)
class Need:
    """`amount` is None where no plan, or nobody here, can tell how much some of the pools take."""

    region: str
    what: str
    unit: str
    amount: int | None
    pools: tuple[str, ...]


def gpus(pools: Iterable[Pool]) -> list[Need]:
    """Accelerators, with all pools scaled up."""
    wanted = [_Part(one, one.accelerator, "GPUs", one.all_gpus) for one in pools if one.accelerator]
    return _summed(wanted)


def quotas(pools: Iterable[Pool]) -> list[Need]:
    """What the account, or the project, must be allowed to run at the same time."""
    asked = list(pools)
    everywhere = [
        _Part(replace(one, region=_ALL), "GPUS_ALL_REGIONS", "GPUs", one.all_gpus)
        for one in asked
        if one.cloud == "gcp" and one.accelerator
    ]
    return _summed([*(part for one in asked for part in _CLOUDS[one.cloud](one)), *everywhere])


@dataclass(frozen=True)
class _Part:
    pool: Pool
    what: str
    unit: str
    amount: int | None


def _aws(pool: Pool) -> Iterator[_Part]:
    family = pool.machine.partition(".")[0]
    row: dict[str, Any] = next((row for row in _data()["aws"]["quotas"] if re.fullmatch(row["families"], family)), {})
    yield _Part(pool, row.get("spot" if pool.spot else "onDemand") or _UNNAMED, "vCPUs", pool.all_cpu)


def _gcp(pool: Pool) -> Iterator[_Part]:
    known, before = _data()["gcp"], "PREEMPTIBLE_" if pool.spot else ""
    if pool.accelerator:
        quota = known["gpus"].get(pool.accelerator)
        yield _Part(pool, f"{before}{quota}" if quota else _UNNAMED, "GPUs", pool.all_gpus)
    else:
        quota = known["cpus"].get(pool.machine.partition("-")[0])
        yield _Part(pool, quota or _UNNAMED, "vCPUs", pool.all_cpu)


_CLOUDS = {"aws": _aws, "gcp": _gcp}


def _summed(parts: Iterable[_Part]) -> list[Need]:
    kinds: dict[tuple[str, str, str], list[_Part]] = {}
    for part in parts:
        kinds.setdefault((part.pool.region, part.what, part.unit), []).append(part)
    return [
        Need(region, what, unit, _sum([one.amount for one in found]), tuple(_shown(one.pool) for one in found))
        for (region, what, unit), found in kinds.items()
    ]


def _sum(amounts: list[int | None]) -> int | None:
    return None if None in amounts else sum(one or 0 for one in amounts)


def _shown(pool: Pool) -> str:
    many = "?" if pool.most is None else str(pool.most)
    return f"{pool.name}: {many} x {pool.machine or 'what its template says'}{', spot' if pool.spot else ''}"


@cache
def _data() -> dict[str, Any]:
    return dict(json.loads(_DATA.read_text(encoding="utf-8")))
