"""Scalars of a stack file, each checked in one place and each error saying what to write instead."""

import re
from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Annotated

from pydantic import AfterValidator, Field

_DNS_LABEL = re.compile(r"[a-z]([a-z0-9-]{0,40}[a-z0-9])?")
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)(m|k|Ki|M|Mi|G|Gi|T|Ti)?")
_SCALE = {"m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,62}")
_DOMAIN = re.compile(r"(?=.{4,200}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])")

# Field of a schedule -> its least and greatest value, and words for these, as CronJobs have them: Sunday is 0 alone.
_CRON: Mapping[str, tuple[int, int, str]] = {
    "minute": (0, 59, ""),
    "hour": (0, 23, ""),
    "day of the month": (1, 31, ""),
    "month": (1, 12, "jan feb mar apr may jun jul aug sep oct nov dec"),
    "day of the week": (0, 6, "sun mon tue wed thu fri sat"),
}
_CRON_PART = re.compile(r"(?:[*?]|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d+))?", re.ASCII)


def _name(value: str) -> str:
    if not _DNS_LABEL.fullmatch(value):
        raise ValueError("write lower-case letters, digits and '-', starting with a letter, at most 42 characters")
    return value


def _quantity(value: str) -> str:
    if not _QUANTITY.fullmatch(value) or amount(value) <= 0:
        raise ValueError("write an amount above zero with a Kubernetes unit, for example 500m (CPU) or 2Gi (bytes)")
    return value


def _bytes(value: str) -> str:
    if _quantity(value)[-1] not in "iGMT":
        raise ValueError("write an amount of bytes with its unit, for example 512Mi or 10Gi")
    return value


def _bucket(value: str) -> str:
    if not _BUCKET.fullmatch(value):
        raise ValueError("write an S3 bucket name: 3 to 63 lower-case letters, digits, '.' and '-'")
    return value


def _identifier(value: str) -> str:
    if not _IDENTIFIER.fullmatch(value):
        raise ValueError("write an SQL name: lower-case letters, digits and '_', starting with a letter")
    return value


def _domain(value: str) -> str:
    if not _DOMAIN.fullmatch(value):
        raise ValueError("write a DNS name in lower-case letters, for example mlops.example.org")
    return value


def _schedule(value: str) -> str:
    fields = value.split()
    if len(fields) != len(_CRON):
        raise ValueError("write five cron fields, for example '0 3 * * *' for each day at 03:00 UTC")
    for field, (name, (least, most, words)) in zip(fields, _CRON.items(), strict=True):
        if not all(_is_cron(part, least, most, words.split()) for part in field.split(",")):
            named = f" or {words.replace(' ', ', ')}" if words else ""
            raise ValueError(
                f"`{field}` is no {name}; write * or {least} to {most}{named}, alone or as in */5 or 1,3-5"
            )
    return value


def _is_cron(part: str, least: int, most: int, words: list[str]) -> bool:
    """Whether it is one part of a field: any value, one of them, or the first and the last, each with a step."""
    matched = _CRON_PART.fullmatch(part)
    if matched is None or (matched["step"] and int(matched["step"]) == 0):
        return False
    known = {str(number): number for number in range(least, most + 1)}
    known |= {word: least + at for at, word in enumerate(words)}
    ends = [known.get(end.lower().lstrip("0") or "0") for end in (matched["first"], matched["last"]) if end]
    return None not in ends and ends == sorted(ends)


def _pinned(reference: str) -> str:
    if ":" not in reference.rpartition("/")[2] and "@sha256:" not in reference:
        raise ValueError("write an image with its version, for example registry.example.org/ml/server:1.2.3")
    return reference


def _folder(value: str) -> str:
    if not value.startswith("/") or value.endswith("/"):
        raise ValueError("write an absolute path without a slash at its end, for example /var/lib/kubelet")
    return value


def _cidr(value: str) -> str:
    try:
        return str(IPv4Network(value))
    except ValueError as error:
        raise ValueError(f"write a range of addresses such as 10.0.0.0/16: {error}") from error


def amount(quantity: str) -> float:
    """The number that a Kubernetes quantity stands for: cores for CPU, bytes for memory and storage."""
    matched = _QUANTITY.fullmatch(quantity)
    if matched is None:
        raise ValueError(f"{quantity!r} is not a Kubernetes quantity")
    return float(matched[1]) * _SCALE.get(matched[2], 1)


Name = Annotated[str, AfterValidator(_name)]
"""A Kubernetes object or logical resource name, short enough for the suffixes that are added to it."""

Quantity = Annotated[str, AfterValidator(_quantity)]
"""A Kubernetes quantity of any unit."""

Bytes = Annotated[str, AfterValidator(_bytes)]
"""A Kubernetes quantity of memory or storage."""

PinnedImage = Annotated[str, AfterValidator(_pinned)]
"""An image that a stack file names itself, with a tag or a digest."""

BucketName = Annotated[str, AfterValidator(_bucket)]
SqlName = Annotated[str, AfterValidator(_identifier)]
Domain = Annotated[str, AfterValidator(_domain)]
"""A DNS name of at least two parts."""

Folder = Annotated[str, AfterValidator(_folder)]
Cidr = Annotated[str, AfterValidator(_cidr)]
Schedule = Annotated[str, AfterValidator(_schedule)]
Count = Annotated[int, Field(ge=1, le=100)]
Rotation = Annotated[int, Field(ge=1, description="Raise it by one to have new passwords made and rolled out.")]
