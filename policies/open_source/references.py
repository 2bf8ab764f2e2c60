"""Image references as runtimes read them: `[domain[:port]/]path[:tag][@digest]`, with Docker's defaults."""

import re
from dataclasses import dataclass
from functools import lru_cache

DEFAULT_DOMAIN, OFFICIAL = "docker.io", "library"
LONGEST_PATH = 255
_LONGEST_SHOWN = 120

# Admission reads references by the same expressions, in the API server's engine, which knows no look-around.
LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
DOMAIN = rf"(?:{LABEL}(?:\.{LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
PATH = rf"{COMPONENT}(?:/{COMPONENT})*"
TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
DIGEST = r"sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128}"
IMAGE_ID = r"[a-f0-9]{64}"
TEMPLATE = r"\{\{|\$\{|\$\("

_DOMAIN, _PATH, _TAG, _DIGEST = (re.compile(text) for text in (DOMAIN, PATH, TAG, DIGEST))
_LOGIN = re.compile(r"//[^/@]*@")
_IMAGE_ID, _TEMPLATE = re.compile(IMAGE_ID), re.compile(TEMPLATE)


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


def _parse(text: str) -> Reference:
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
    if len(path) > LONGEST_PATH:
        raise InvalidReference(f"its path is over {LONGEST_PATH} characters long")
    if not _PATH.fullmatch(path):
        hint = ": it must be in lower case" if _PATH.fullmatch(path.lower()) else ""
        raise InvalidReference(f"its path is not one that a registry can have{hint}")
    return Reference(domain, path, tag, digest or None)


parse = lru_cache(maxsize=4096)(_parse)
"""Stacks name the same images again and again."""


def shown(text: str) -> str:
    """`text` for a message: on one line, without control characters or a login, and not endless."""
    text = _LOGIN.sub("//...@", text)
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
