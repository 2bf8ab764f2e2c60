"""What an image is built from: a folder here with a Containerfile, the images below it, and its catalogue entry.

A name in an ARG ahead of the first FROM is another folder here: `ARG PYTHON` then `FROM ${PYTHON}` builds on `python/`.
A name in `COPY --from=` that is a module of the toolchain stands for the folder of its binaries; `jars` stands for what
jars.txt of the folder lists.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from local import toolchain
from local.errors import LocalError
from local.images.jars import LOCK
from local.paths import REPOSITORY

RECIPES = Path(__file__).parent
CATALOG = REPOSITORY / "components" / "catalog.json"
UV_LOCK = REPOSITORY / "local" / "toolchain" / "uv.txt"

FORMAT = 1
"""Raise it when the code here changes what comes out of the same folder: archives made before are then built anew."""


@dataclass(frozen=True)
class Recipe:
    """One folder with a Containerfile, and what it stands on."""

    name: str
    folder: Path
    parents: tuple["Recipe", ...]
    entry: dict[str, str]
    """What the catalogue says of the image; empty for those that others only stand on."""
    modules: tuple[toolchain.Module, ...] = ()
    """Whose binaries it takes."""

    @property
    def jars(self) -> Path | None:
        """The lock of the Java programs that it takes from Maven Central, found by `COPY --from=jars`."""
        return lock if (lock := self.folder / LOCK).is_file() else None

    @property
    def reference(self) -> str:
        return f"{self.entry['repository']}:{self.entry['version']}"

    @property
    def digest(self) -> str:
        """A short hash over everything that can change the image, and nothing else."""
        state = hashlib.sha256(f"{FORMAT} {self.name} {json.dumps(self.entry, sort_keys=True)}".encode())
        state.update(" ".join(parent.digest for parent in self.parents).encode())
        state.update("".join(toolchain.digest(module) for module in self.modules).encode())
        for path in (*sorted(path for path in self.folder.rglob("*") if path.is_file()), UV_LOCK):
            mode = "x" if path.stat().st_mode & 0o100 else "-"
            state.update(f"\0{path.name}\0{mode}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
        return state.hexdigest()[:16]


def names(recipes: Path = RECIPES, catalog: Path = CATALOG) -> tuple[str, ...]:
    """The catalogue's images that have a recipe."""
    return tuple(name for name in json.loads(catalog.read_text()) if (recipes / name / "Containerfile").is_file())


def read(name: str, recipes: Path = RECIPES, catalog: Path = CATALOG) -> Recipe:
    """The recipe of one image. Raises LocalError where there is none."""
    known = names(recipes, catalog)
    if name not in known:
        raise LocalError(f"no image {name!r} can be built here", f"choose among {', '.join(known)}")
    return _read(name, recipes, json.loads(catalog.read_text()))


def _read(name: str, recipes: Path, entries: dict[str, dict[str, str]]) -> Recipe:
    text = (recipes / name / "Containerfile").read_text()
    arguments = re.findall(r"^ARG (\w+)$", text.split("\nFROM ")[0], re.MULTILINE)
    below = tuple(_read(parent.lower(), recipes, entries) for parent in arguments)
    copied = dict.fromkeys(re.findall(r"^COPY --from=(\S+)", text, re.MULTILINE))
    modules = tuple(toolchain.IN_IMAGES[source] for source in copied if source in toolchain.IN_IMAGES)
    return Recipe(name, recipes / name, below, entries.get(name, {}), modules)
