"""The price list: offline, dated, with a source for each part; a stack's own prices go before it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

HOURS = 730
"""Of a month, as the clouds count them."""

_DATA = Path(__file__).with_name("prices.json")


@dataclass(frozen=True)
class Prices:
    """USD a month by name: of a machine, a service, or a gigabyte on a kind of disk. `about` says where they hold."""

    monthly: Mapping[str, float]
    taken: str
    about: str
    by_size: frozenset[str]
    """Those of a gigabyte."""

    def of(self, name: str) -> float | None:
        return self.monthly.get(name)


def prices(own: Mapping[str, float]) -> Prices:
    """`own` are by the hour, as contracts have them."""
    listed = _listed()
    mine = {name: price * HOURS for name, price in own.items()}
    return replace(listed, monthly={**listed.monthly, **mine})


@cache
def _listed() -> Prices:
    data = json.loads(_DATA.read_text(encoding="utf-8"))

    def listed(unit: str) -> dict[str, float]:
        return {name: price for part in data[unit].values() for name, price in part["prices"].items()}

    hourly = {name: price * HOURS for name, price in listed("hourly").items()}
    stored = listed("per gigabyte and month")
    return Prices({**hourly, **listed("per month"), **stored}, data["taken"], data["about"], frozenset(stored))
