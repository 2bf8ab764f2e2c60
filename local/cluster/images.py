"""Images on the real node. They come as archives from the image builder; none is ever pulled."""

import re
from pathlib import Path

from local.cluster.containerd import ctr
from local.errors import LocalError


def import_image(archive: Path, reference: str) -> None:
    """Load a docker or OCI archive, so that pods can name what it holds by `reference`."""
    if not archive.is_file():
        raise LocalError(f"{archive} is not there", "build the image first")
    name = full_name(reference)
    names = _imported(ctr("images", "import", str(archive)))
    if not names:  # an OCI archive need not name what it holds
        names = _imported(ctr("images", "import", "--digests", "--base-name", name.rpartition(":")[0], str(archive)))
    if name in names:
        return
    if len(names) != 1:
        raise LocalError(
            f"{archive} does not hold {reference} (but {', '.join(names) or 'nothing'})",
            "name the image in its archive by its reference",
        )
    ctr("images", "tag", "--force", names[0], name)
    ctr("images", "remove", names[0])


def _imported(output: str) -> list[str]:
    return re.findall(r"^unpacking (\S+) \(sha256:", output, re.MULTILINE)


def has_image(reference: str) -> bool:
    return full_name(reference) in all_images()


def all_images() -> list[str]:
    return [line for line in ctr("images", "list", "--quiet").splitlines() if not line.startswith("sha256:")]


def full_name(reference: str) -> str:
    """As containerd writes it: `redis` is `docker.io/library/redis:latest`."""
    head, _, rest = reference.partition("/")
    if not rest:
        reference = f"docker.io/library/{reference}"
    elif not (any(mark in head for mark in ".:") or head == "localhost"):
        reference = f"docker.io/{reference}"
    tagged = "@" in reference or ":" in reference.rpartition("/")[2]
    return reference if tagged else f"{reference}:latest"


def spellings(name: str) -> list[str]:
    """All the ways in which a manifest may name this image."""
    short = [name]
    for prefix in ("docker.io/library/", "docker.io/"):
        if name.startswith(prefix):
            short.append(name.removeprefix(prefix))
    return [*short, *(item.removesuffix(":latest") for item in short if item.endswith(":latest"))]
