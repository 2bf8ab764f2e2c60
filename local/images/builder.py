"""Builds images with buildah: each Containerfile on the images that it stands on, the last on a root of Debian."""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from local import toolchain
from local.errors import LocalError
from local.images import jars, registries
from local.images.recipe import Recipe
from local.images.storage import Storage

Say = Callable[[str], None]
SUITE = "bookworm"
PACKAGES = ["buildah", "mmdebstrap"]


class Builder:
    """Builds one image after another, in a storage that keeps the images that others stand on."""

    def __init__(self, folder: Path, say: Say, held: Sequence[int] = ()) -> None:
        self.folder = folder
        self.say = say
        self.held = held
        self.storage = Storage(folder / "storage", held)

    def recover(self) -> None:
        """Remove what an interrupted run left: half-written files, working containers, mounts."""
        for partial in self.folder.glob("*.partial"):
            remove(partial)
        self.storage.recover()

    def archive(self, image: Recipe, path: Path) -> None:
        """Build an image into an archive, which appears under its name only when it is complete."""
        started = time.monotonic()
        parents = {parent.name.upper(): self._parent(parent) for parent in image.parents}
        partial = path.with_suffix(".partial")
        # Straight into the archive, with layers as they are: compressing them costs more than it saves at the import.
        self._run(image, f"docker-archive:{partial}:{image.reference}", image.folder, parents)
        for older in self.folder.glob(f"{image.name}-{'[0-9a-f]' * 16}.tar"):
            older.unlink()
        partial.rename(path)
        size = path.stat().st_size / 1e6
        self.say(f"image {image.name}: {image.reference}, {size:.0f} MB, {time.monotonic() - started:.0f} s")

    def _parent(self, image: Recipe) -> str:
        """The name in the storage of an image that others stand on, once it is there."""
        name = f"localhost/{image.name}:{image.digest}"
        there = self.storage.images()
        if name not in there:
            parents = {parent.name.upper(): self._parent(parent) for parent in image.parents}
            self._run(image, name, image.folder if parents else self._root(image), parents)
            if older := [other for other in there if other.startswith(f"localhost/{image.name}:")]:
                self.storage.buildah("rmi", "--force", *older)
        return name

    def _run(self, image: Recipe, target: str, context: Path, parents: dict[str, str]) -> None:
        """Run an image's Containerfile, and say which step it has come to."""
        contexts = {module.name: toolchain.build_one(module, self.say) for module in image.modules}
        if lock := image.jars:
            ready = self.folder / f"jars-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"
            contexts["jars"] = jars.gather(lock, ready, self.say)
        started = time.monotonic()

        def heard(line: str) -> None:
            if step := re.match(r"(?:\[\d/\d\] )?STEP (\d+/\d+): ((?:FROM|ADD|COPY|RUN) .*)", line):
                self.say(f"image {image.name}: step {step[1]} {step[2][:60]}, {time.monotonic() - started:.0f} s")
            elif line.startswith("COMMIT"):
                self.say(f"image {image.name}: saving, {time.monotonic() - started:.0f} s")

        with tempfile.TemporaryDirectory(dir=self.folder, suffix=".partial") as scratch:
            (settings := Path(scratch) / "settings").write_text(registries.settings())
            tools = registries.tools(self.folder)
            mounts = {f"{tools}:{registries.TOOLS}:ro", f"{registries.wheels(tools)}:{registries.WHEELS}"}
            values = {**parents, "VERSION": image.entry.get("version", "")}
            self.storage.buildah(
                "build",
                "--layers=false",
                "--timestamp=0",
                "--pull-never",
                f"--tag={target}",
                f"--file={image.folder / 'Containerfile'}",
                f"--secret=id=registries,src={settings}",
                *(f"--volume={mount}" for mount in mounts),
                *(f"--build-context={name}={folder}" for name, folder in contexts.items()),
                *(f"--build-arg={key}={value}" for key, value in values.items()),
                *(f"--label=org.opencontainers.image.{key}={value}" for key, value in _labels(image).items()),
                str(context),
                heard=heard,
            )

    def _root(self, image: Recipe) -> Path:
        """A folder with root.tar: a Debian root made by mmdebstrap with the options that the image's folder gives."""
        ready = self.folder / f"root-{image.digest}"
        if ready.exists():
            return ready
        self.say(f"image {image.name}: a Debian {SUITE} root from its packages")
        (partial := ready.with_suffix(".partial")).mkdir()
        options = (image.folder / "mmdebstrap.options").read_text().splitlines()
        done = subprocess.run(
            ["mmdebstrap", *options, SUITE, str(partial / "root.tar"), *registries.debian(SUITE)],
            env={**os.environ, "SOURCE_DATE_EPOCH": "0", "TMPDIR": str(partial)},
            capture_output=True,
            text=True,
            pass_fds=self.held,
        )
        if done.returncode:
            last = "\n  ".join(done.stderr.strip().splitlines()[-10:])
            raise LocalError(f"mmdebstrap failed:\n  {last}\n", "check the package sources, then run it again")
        for older in self.folder.glob("root-*[0-9a-f]"):
            remove(older)
        partial.rename(ready)
        return ready


def _labels(image: Recipe) -> dict[str, str]:
    if not image.entry:
        return {}
    source = f"https://{image.entry['source']}"
    return {
        "title": image.name,
        "version": image.entry["version"],
        "licenses": image.entry["licence"],
        "source": source,
    }


def remove(path: Path) -> None:
    """Remove a file or a folder."""
    shutil.rmtree(path) if path.is_dir() else path.unlink()
