"""A report as values for other programs: what `FORMAT=json` prints."""

from typing import Any

from ..guardrails.cost.estimate import Cost
from .events import name_of
from .quotas import Need
from .report import Report


def plain(one: Report) -> dict[str, Any]:
    """Money in USD a month; None where a number is not known."""
    return {
        "stack": one.stack,
        "passed": one.passed,
        "resources": one.total,
        "layers": [
            {"name": layer.name, "components": list(layer.components), "resources": dict(layer.resources)}
            for layer in one.layers
        ],
        "rules": sorted(one.preview.rules),
        "findings": [
            {
                "rule": found.rule,
                "resource": name_of(found.urn),
                "urn": found.urn,
                "refused": found.refused,
                "judgedDuringUpdate": found.is_later,
                "message": found.message,
            }
            for found in one.preview.findings
        ],
        "errors": list(one.preview.errors),
        "cost": {
            "currency": "USD",
            "per": "month",
            "prices": one.prices.taken,
            "about": one.prices.about,
            "idle": round(one.idle, 2),
            "full": round(one.monthly, 2),
            "bills": [_bill(cost) for cost in one.costs],
        },
        "gpus": [_need(need) for need in one.gpus],
        "quotas": [_need(need) for need in one.quotas],
        "images": [
            {
                "image": str(image.reference),
                "licence": image.licence,
                "source": image.source,
                "refused": image.problem,
                "startedLater": image.is_later,
            }
            for image in one.images.images
        ],
        "imagesNotRead": len(one.images.gaps),
    }


def _bill(cost: Cost) -> dict[str, Any]:
    known = not cost.lacking and not cost.is_later
    return {
        "resource": cost.resource.name,
        "billedAs": cost.name or None,
        "least": cost.least if known else None,
        "most": cost.most if known else None,
        "idle": round(cost.idle, 2) if known else None,
        "full": round(cost.monthly, 2) if known else None,
        "noPriceFor": cost.lacking or None,
    }


def _need(need: Need) -> dict[str, Any]:
    return {
        "region": need.region,
        "what": need.what,
        "unit": need.unit,
        "amount": need.amount,
        "pools": list(need.pools),
    }
