"""All that is said of one stack's preview, as values; `forms` writes them down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..guardrails.cost.estimate import Cost, costs
from ..guardrails.cost.prices import Prices, prices
from ..guardrails.findings import Resource
from ..images.inventory import Inventory, inventory
from ..open_source.rule import judge
from ..outside.items import Item
from .events import Finding, Planned, Preview
from .layers import Layer, layers
from .pools import pools
from .quotas import Need, gpus, quotas


@dataclass(frozen=True)
class Report:
    """Of a stack that may be made as it is, unless something is refused or went wrong."""

    preview: Preview
    layers: tuple[Layer, ...]
    costs: tuple[Cost, ...]
    prices: Prices
    gpus: tuple[Need, ...]
    quotas: tuple[Need, ...]
    images: Inventory

    @property
    def stack(self) -> str:
        return self.preview.stack

    @property
    def total(self) -> int:
        return sum(layer.total for layer in self.layers)

    @property
    def refused(self) -> list[Finding]:
        return [one for one in self.preview.findings if one.refused]

    @property
    def noted(self) -> list[Finding]:
        return [one for one in self.preview.findings if not one.refused and not one.is_later]

    @property
    def later(self) -> list[Finding]:
        return [one for one in self.preview.findings if one.is_later]

    @property
    def passed(self) -> bool:
        return not (self.refused or self.preview.errors)

    @property
    def idle(self) -> float:
        return sum(cost.idle for cost in self.costs)

    @property
    def monthly(self) -> float:
        return sum(cost.monthly for cost in self.costs)


def report(preview: Preview, settings: Mapping[str, Any] | None = None, more: Sequence[Finding] = ()) -> Report:
    """`settings` are what the stack's configuration says of each rule; `more` is what others than the packs found."""
    known = prices(_said(settings, "budget").get("prices") or {})
    resources = [one for one in preview.resources if one.custom]
    grown = pools(preview.resources)
    return Report(
        preview=replace(preview, findings=(*preview.findings, *more)),
        layers=layers(preview.resources),
        costs=tuple(costs((_resource(one) for one in resources), known)),
        prices=known,
        gpus=tuple(gpus(grown)),
        quotas=tuple(quotas(grown)),
        images=inventory((_item(one) for one in resources), judge(_said(settings, "open-source-images"))),
    )


def _resource(one: Planned) -> Resource:
    return Resource(one.token, one.name, one.props, False, {}, one.urn, one.parent)


def _item(one: Planned) -> Item:
    return Item("", 0, one.token, one.name, one.props)


def _said(settings: Mapping[str, Any] | None, rule: str) -> dict[str, Any]:
    """Nothing where it is no object: the engine has refused that already."""
    stated = (settings or {}).get(rule)
    return dict(stated) if isinstance(stated, Mapping) else {}
