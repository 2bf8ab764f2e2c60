"""Where this machine gets what is on Maven Central: the mirror that its settings name, or what Maven itself knows."""

import re
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from local import debian
from local.errors import LocalError

_PACKAGES = ["maven"]
_SETTINGS = (Path.home() / ".m2/settings.xml", Path("/etc/maven/settings.xml"))
_LIBRARY = Path("/usr/share/maven/lib")
_DEFAULTS = "org/apache/maven/model/pom-4.0.0.xml"
"""What every project inherits, in Maven's own library."""


@cache
def address(say: debian.Say) -> str:
    """The URL of the repository. Raises LocalError where Maven says none."""
    for settings in _SETTINGS:
        for mirror in _mirrors(settings):
            return mirror
    debian.ensure(_PACKAGES, say)
    for library in sorted(_LIBRARY.glob("maven-model-builder*.jar")):
        with zipfile.ZipFile(library) as archive:
            for found in _texts(archive.read(_DEFAULTS), "repository", "url"):
                return found.rstrip("/")
    raise LocalError("Maven doesn't say where Maven Central is", "install Debian's package `maven`")


def _mirrors(settings: Path) -> Iterator[str]:
    if settings.is_file():
        content = settings.read_bytes()
        urls = _texts(content, "mirror", "url")
        for of, url in zip(_texts(content, "mirror", "mirrorOf"), urls, strict=False):
            if {"central", "*", "external:*"} & set(re.split(r"[,\s]+", of)):
                yield url.rstrip("/")


def _texts(content: bytes, element: str, child: str) -> list[str]:
    """What `child` says in each `element`, whatever the namespace."""
    return [
        (inner.text or "").strip()
        for outer in ET.fromstring(content).findall(f".//{{*}}{element}")
        for inner in outer.findall(f"{{*}}{child}")
    ]
