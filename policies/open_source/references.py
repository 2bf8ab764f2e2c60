"""Image references as runtimes read them: `[domain[:port]/]path[:tag][@digest]`, with Docker's defaults."""

import re
from dataclasses import dataclass
from functools import lru_cache

DEFAULT_DOMAIN, OFFICIAL = "docker.io", "library"
_LONGEST_PATH = 255
_LONGEST_SHOWN = 120

_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?")
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_PATH = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128}")
_IMAGE_ID = re.compile(r"[a-f0-9]{64}")
_TEMPLATE = re.compile(r"\{\{|\$\{|\$\(")


class InvalidReference(ValueError):
    """A text that no registry would serve; the message says why and does not repeat the text."""


class Template(InvalidReference):
    """A text that becomes a reference later, in a place that no rule sees."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One image, with every default spelled out but the tag `latest`."""

    domain: str
    path: str
    tag: str | None = None
    digest: str | None = None

    @property
    def repository(self) -> str:
        return f"{self.domain}/{self.path}"

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.repository}{tag}{digest}"


@lru_cache(maxsize=4096)
def parse(text: str) -> Reference:
    """Read `text`; raises InvalidReference with the reason."""
    if not text:
        raise InvalidReference("it is empty")
    if _TEMPLATE.search(text):
        raise Template("it is a template that is filled in later")
    if _IMAGE_ID.fullmatch(text):
        raise InvalidReference("it is the id of a local image, which says nothing of where it comes from")
    name, at, digest = text.partition("@")
    if at and not _DIGEST.fullmatch(digest):
        raise InvalidReference("its digest is not sha256 or sha512 in lower-case hexadecimal of full length")
    name, tag = _split_tag(name)
    if tag is not None and not _TAG.fullmatch(tag):
        raise InvalidReference("its tag has a character that tags can't have, or is over 128 long")
    domain, path = _split_domain(name)
    if len(path) > _LONGEST_PATH:
        raise InvalidReference(f"its path is over {_LONGEST_PATH} characters long")
    if not _PATH.fullmatch(path):
        hint = ": it must be in lower case" if _PATH.fullmatch(path.lower()) else ""
        raise InvalidReference(f"its path is not one that a registry can have{hint}")
    return Reference(domain, path, tag, digest or None)


def shown(text: str) -> str:
    """`text` for a message: on one line, without control characters, and not endless."""
    safe = text.encode("ascii", "backslashreplace").decode().translate({code: "?" for code in (*range(32), 127)})
    return safe if len(safe) <= _LONGEST_SHOWN else f"{safe[:_LONGEST_SHOWN]}..."


def _split_tag(name: str) -> tuple[str, str | None]:
    """A colon before the last slash belongs to a port."""
    colon = name.rfind(":")
    return (name[:colon], name[colon + 1 :]) if colon > name.rfind("/") else (name, None)


def _split_domain(name: str) -> tuple[str, str]:
    first, slash, rest = name.partition("/")
    if slash and (first == "localhost" or first != first.lower() or "." in first or ":" in first):
        if not _DOMAIN.fullmatch(first):
            raise InvalidReference("what stands before its first slash is not a host name")
        domain, path = first.lower(), rest
    else:
        domain, path = DEFAULT_DOMAIN, name
    if domain == f"index.{DEFAULT_DOMAIN}":
        domain = DEFAULT_DOMAIN
    if domain == DEFAULT_DOMAIN and "/" not in path:
        path = f"{OFFICIAL}/{path}"
    return domain, path
