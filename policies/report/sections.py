"""The tables of a report, each with what there is to say below it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..guardrails.cost.bills import is_reserved
from ..guardrails.cost.estimate import Cost
from ..guardrails.cost.prices import Prices
from ..images.inventory import StackImage
from .events import name_of
from .quotas import Need
from .report import Report
from .tables import Row

FINDINGS, COST = "Findings", "Cost"
_NO_PRICE, _LATER = "no price known", "known after the update"
_FEW = 4
_BY_USE = {
    "aws:s3/bucket:Bucket": "S3 buckets",
    "aws:cloudwatch/logGroup:LogGroup": "groups of logs",
    "aws:ec2/natGateway:NatGateway": "the traffic of NAT gateways",
    "aws:route53/record:Record": "questions to DNS",
    "gcp:dns/recordSet:RecordSet": "questions to DNS",
    "gcp:storage/bucket:Bucket": "GCS buckets",
    "gcp:compute/routerNat:RouterNat": "the traffic of NAT gateways",
}


@dataclass(frozen=True)
class Section:
    """A table with its title, and lines below it."""

    title: str
    heads: Row
    rows: Sequence[Row]
    notes: Sequence[str] = ()


def sections(one: Report) -> Iterator[Section]:
    """What there is to say of the stack; nothing of what it does not have."""
    yield _findings(one)
    layers = [(layer.name, _names(layer.components), _counted(layer.resources)) for layer in one.layers]
    yield Section("Resources by layer", ("layer", "components", "resources"), layers)
    yield _cost(one)
    if one.quotas:
        needs = [_needed(need) for need in (*one.gpus, *one.quotas)]
        heads = ("region", "GPU or quota", "needs", "pools, all scaled up")
        yield Section("GPUs and quotas", heads, needs)
    yield _images(one)


def _findings(one: Report) -> Section:
    rows = [("error", "", "", _line(error)) for error in one.preview.errors]
    rows += [("refused", found.rule, name_of(found.urn), _line(found.message)) for found in one.refused]
    rows += [("noted", found.rule, name_of(found.urn), _line(found.message)) for found in one.noted]
    later = Counter(found.rule for found in one.later)
    notes = [
        f"{count} answer(s) of {rule} wait for the update, which brings the values" for rule, count in later.items()
    ]
    return Section(FINDINGS, ("", "rule", "resource", "why"), rows, notes or ([] if rows else ["none"]))


def _cost(one: Report) -> Section:
    bills: dict[tuple[str, str], list[Cost]] = {}
    for cost in one.costs:
        bills.setdefault((cost.name, cost.lacking), []).append(cost)
    dearest = sorted(bills.values(), key=lambda same: -sum(cost.monthly for cost in same))
    rows = [_billed(same, one.prices) for same in dearest]
    rows += [("total", "", "", usd(one.idle), usd(one.monthly))] if rows else []
    used = dict.fromkeys(_BY_USE[planned.token] for planned in one.preview.resources if planned.token in _BY_USE)
    notes = [f"Prices of {one.prices.taken}. {one.prices.about} Spot counts as on demand."] if rows else []
    notes += [f"{name} is reserved: paid when idle, too." for name in _reserved(one)]
    notes += [f"Billed by use, and not in the sum: {', '.join(used)}."] if used else []
    heads = ("billed as", "how many", "for", "idle USD/month", "full USD/month")
    return Section(COST, heads, rows, notes or ["none: it stands on machines that are somebody's already"])


def _reserved(one: Report) -> list[str]:
    return [made.name for made in one.preview.resources if is_reserved(made.token, made.props)]


def _billed(same: Sequence[Cost], prices: Prices) -> Row:
    first, names = same[0], _names(list(dict.fromkeys(cost.resource.name for cost in same)))
    if first.is_later:
        return (_LATER, "", names, "", "")
    if first.lacking:
        return (first.lacking, "", names, _NO_PRICE, _NO_PRICE)
    least, most = (sum(getattr(cost, end) for cost in same) for end in ("least", "most"))
    many = f"{least:,.0f}" if least == most else f"{least:,.0f} to {most:,.0f}"
    many += " GB" if first.name in prices.by_size else ""
    idle, full = (sum(getattr(cost, end) for cost in same) for end in ("idle", "monthly"))
    return (first.name, many, names, usd(idle), usd(full))


def _needed(need: Need) -> Row:
    amount = "unknown" if need.amount is None else f"{need.amount:,}"
    return (need.region, need.what, f"{amount} {need.unit}", "; ".join(need.pools))


def _images(one: Report) -> Section:
    ordered = sorted(one.images.images, key=lambda image: (image.licence or "~", str(image.reference)))
    rows = [(_licence(image), str(image.reference), _started(image)) for image in ordered]
    gaps = len(one.images.gaps)
    notes = [f"{gaps} place(s) hold a secret, or what the update will bring, and are not read"] if gaps else []
    return Section("Images by licence", ("licence", "image", "started"), rows, notes or ([] if rows else ["none"]))


def _licence(image: StackImage) -> str:
    return image.licence or "unknown"


def _started(image: StackImage) -> str:
    return "later" if image.is_later else "by the stack"


def _names(names: Sequence[str]) -> str:
    more = len(names) - _FEW
    return ", ".join(names[:_FEW]) + (f" and {more} more" if more > 0 else "")


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {provider}" for provider, count in sorted(counts.items()))


def usd(amount: float) -> str:
    return f"{amount:,.0f}"


def _line(message: str) -> str:
    return " ".join(message.split())
