"""Builds images that the cluster needs and keeps each as an archive, named after what it was built from."""

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local import debian
from local.errors import LocalError
from local.images import recipe, registries
from local.images.recipe import Recipe
from local.images.storage import Storage
from local.paths import CACHE

Say = Callable[[str], None]
FOLDER = CACHE / "images"
SUITE = "bookworm"
PACKAGES = ["buildah", "mmdebstrap"]


@dataclass(frozen=True)
class Archive:
    """An image as a file for `ctr images import`, and the name that manifests call it by."""

    reference: str
    path: Path


def build(names: Sequence[str], say: Say) -> dict[str, Archive]:
    """The archives of these images. Those that are not in the cache are built; the others are left as they are."""
    recipes = {name: recipe.read(name) for name in names}
    archives = {name: Archive(made.reference, FOLDER / f"{name}-{made.digest}.tar") for name, made in recipes.items()}
    if any(not archive.path.exists() for archive in archives.values()):
        if os.geteuid() != 0:
            raise LocalError("building images needs root", "run as root, or point KUBECONFIG at a cluster that you have")
        debian.ensure(PACKAGES, say)
        with _alone(say):
            builder = Builder(FOLDER, say)
            builder.recover()
            for name, archive in archives.items():
                if not archive.path.exists():
                    builder.archive(recipes[name], archive)
    return archives


def clean(say: Say) -> None:
    """Remove the build storage. The archives stay."""
    with _alone(say):
        say("removing the storage of image builds")
        Storage(FOLDER / "storage").discard()


class Builder:
    """Builds one image after another in a storage that keeps the images that others stand on."""

    def __init__(self, folder: Path, say: Say) -> None:
        self.folder = folder
        self.say = say
        self.storage = Storage(folder / "storage")

    def recover(self) -> None:
        """Remove what an interrupted run left: half-written files, working containers, mounts."""
        for partial in self.folder.glob("*.partial"):
            shutil.rmtree(partial) if partial.is_dir() else partial.unlink()
        self.storage.recover()

    def archive(self, image: Recipe, archive: Archive) -> None:
        """Build an image and save it. The archive appears under its name only when it is complete."""
        started = time.monotonic()
        parents = {parent.name.upper(): self._parent(parent) for parent in image.parents}
        partial = archive.path.with_suffix(".partial")
        # Straight into the archive, with layers as they are: compressing them costs more than it saves at the import.
        self._run(image, f"docker-archive:{partial}:{archive.reference}", image.folder, parents)
        for older in self.folder.glob(f"{image.name}-{'[0-9a-f]' * 16}.tar"):
            older.unlink()
        partial.rename(archive.path)
        size = archive.path.stat().st_size / 1e6
        self.say(f"image {image.name}: {archive.reference}, {size:.0f} MB, {time.monotonic() - started:.0f} s")

    def _parent(self, image: Recipe) -> str:
        """The name in the storage of an image that others stand on, once it is there."""
        name = f"localhost/{image.name}:{image.digest}"
        if not self.storage.holds(name):
            parents = {parent.name.upper(): self._parent(parent) for parent in image.parents}
            self._run(image, name, image.folder if parents else self._root(image), parents)
        return name

    def _run(self, image: Recipe, target: str, context: Path, parents: dict[str, str]) -> None:
        """Run an image's Containerfile, and say which step it has come to."""
        started = time.monotonic()

        def heard(line: str) -> None:
            if step := re.match(r"(?:\[\d/\d\] )?STEP (\d+/\d+): ((?:FROM|ADD|COPY|RUN) .*)", line):
                self.say(f"image {image.name}: step {step[1]} {step[2][:60]}, {time.monotonic() - started:.0f} s")

        with tempfile.TemporaryDirectory(prefix="image-") as scratch:
            (settings := Path(scratch) / "settings").write_text(registries.settings())
            tools = registries.tools(self.folder)
            arguments = {**parents, "VERSION": image.entry.get("version", "")}
            self.storage.buildah(
                "build", "--layers=false", "--timestamp=0", "--pull-never", f"--tag={target}",
                f"--file={image.folder / 'Containerfile'}", f"--secret=id=registries,src={settings}",
                f"--volume={tools}:{registries.TOOLS}:ro", f"--volume={registries.wheels(tools)}:{registries.WHEELS}",
                *(f"--build-arg={key}={value}" for key, value in arguments.items()), *_labels(image), str(context),
                heard=heard,
            )  # fmt: skip

    def _root(self, image: Recipe) -> Path:
        """A folder with root.tar: a Debian root made by mmdebstrap with the options that the image's folder gives."""
        ready = self.folder / f"root-{image.digest}"
        if ready.exists():
            return ready
        self.say(f"image {image.name}: step 0, a Debian {SUITE} root from its packages")
        partial = ready.with_suffix(".partial")
        partial.mkdir()
        options = (image.folder / "mmdebstrap.options").read_text().splitlines()
        command = ["mmdebstrap", *options, SUITE, str(partial / "root.tar"), *registries.debian(SUITE)]
        done = subprocess.run(command, env={**os.environ, "SOURCE_DATE_EPOCH": "0"}, capture_output=True, text=True)
        if done.returncode:
            last = "\n  ".join(done.stderr.strip().splitlines()[-10:])
            raise LocalError(f"mmdebstrap failed:\n  {last}", "check the package sources, then run it again")
        partial.rename(ready)
        return ready


def _labels(image: Recipe) -> list[str]:
    if not image.entry:
        return []
    values = {"title": image.name, "version": image.entry["version"], "licenses": image.entry["licence"],
              "source": f"https://{image.entry['source']}"}  # fmt: skip
    return [f"--label=org.opencontainers.image.{key}={value}" for key, value in values.items()]


@contextmanager
def _alone(say: Say) -> Iterator[None]:
    """One build at a time: a second one waits for the first and then finds its archives."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another build of images to end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
