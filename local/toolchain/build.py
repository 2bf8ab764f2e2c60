"""Builds what the cache lacks, with progress by package, and gathers the binaries in one folder."""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from local.debian import Say
from local.errors import LocalError
from local.paths import CACHE
from local.toolchain.modules import ENGINE, Module
from local.turns import turn

_OLDEST_GO = (1, 26)
_SDK = "github.com/pulumi/pulumi/sdk/v3"
_RUNNER = "pulumi-language-python-exec"


def build(modules: Sequence[Module], say: Say) -> Path:
    """A folder with the binaries of all `modules`. What is in the cache is not built again; a build that was cut short
    leaves nothing that counts as done, and Go's own cache goes on where it stopped."""
    folders = [build_one(module, say) for module in modules]
    together = CACHE / "toolchain" / "-".join(["bin", *(folder.name.rsplit("-")[-1][:6] for folder in folders)])
    together.mkdir(parents=True, exist_ok=True)
    for binary in (file for folder in folders for file in folder.iterdir()):
        _link(together / binary.name, binary)
    return together


def _link(link: Path, binary: Path) -> None:
    """At no moment without a target: other processes use the same folder, and may be making the same links."""
    if link.is_symlink() and link.readlink() == binary:
        return
    new = link.with_name(f".{link.name}-{os.getpid()}-{threading.get_ident()}")
    new.symlink_to(binary)
    new.replace(link)


def build_one(module: Module, say: Say) -> Path:
    """The folder that holds the binaries of this module and nothing else."""
    done = CACHE / "toolchain" / f"{module.name}-{digest(module)}"
    if not done.exists():
        with turn(done.with_name(f".{module.name}-lock"), f"build of {module.name}", say):
            if not done.exists():
                _build(module, done, say)
    return done


def _build(module: Module, done: Path, say: Say) -> None:
    unfinished = done.with_name(f".{done.name}")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    with _source(module, done.with_name(f".{module.name}-source")) as source:
        for binary, package in module.packages.items():
            _compile(module, source, package, unfinished / binary, say)
    if module in ENGINE:
        _copy_runner(module, unfinished)
    _copy_along(module, unfinished)
    unfinished.rename(done)


def digest(module: Module) -> str:
    """Changes with anything that the module's binaries are built from, the compiler included."""
    return module.digest(_go_version())


@contextmanager
def _source(module: Module, scratch: Path) -> Iterator[Path]:
    """Where to compile. A module that is to be completed is compiled in a copy, which is gone afterwards."""
    if not module.completed:
        yield module.folder
        return
    shutil.rmtree(scratch, ignore_errors=True)
    published = _downloaded(module.folder, module.completed)
    # Manifests and documents weigh ten times what is compiled.
    shutil.copytree(published, scratch, ignore=lambda _, names: {"manifests", "docs", "examples"} & set(names))
    for folder in (scratch, *(path for path in scratch.rglob("*") if path.is_dir())):
        folder.chmod(0o755)  # Go keeps its modules read-only
    shutil.copytree(module.folder / "added", scratch, dirs_exist_ok=True)
    yield scratch
    shutil.rmtree(scratch)


def _compile(module: Module, source: Path, package: str, output: Path, say: Say) -> None:
    say(f"{output.name}: reading modules")
    environment = {**os.environ, "CGO_ENABLED": "0"} if module.for_images else None
    listed = subprocess.run(
        ["go", "list", "-deps", package], cwd=source, env=environment, capture_output=True, text=True
    )
    if listed.returncode:
        raise LocalError(f"go list {package} failed ({_last(listed.stderr)})", "check that the Go module proxy answers")
    total = len(listed.stdout.split())
    paths = ["-trimpath"] if module.for_images else []
    command = ["go", "build", "-v", *paths, "-ldflags", module.linker_flags, "-o", str(output), package]
    process = subprocess.Popen(command, cwd=source, env=environment, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    compiled, tail = 0, ""
    for line in process.stderr:
        tail = line.strip() or tail
        if " " not in tail:  # a package's path; all else is a message
            compiled += 1
            say(f"{output.name}: compiled {compiled} of at most {total} packages")
    if process.wait():
        raise LocalError(f"building {output.name} failed ({tail})", "look at the message; a full disk is a usual cause")
    say(f"{output.name}: built")


def _copy_runner(module: Module, folder: Path) -> None:
    """The script by which the language host starts a program; it ships with the engine's SDK, not as a Go package."""
    shutil.copy(_downloaded(module.folder, _SDK) / "python" / "cmd" / _RUNNER, folder)
    (folder / _RUNNER).chmod(0o755)


def _copy_along(module: Module, folder: Path) -> None:
    """What the binaries read at run time, from the module as it is published: none of it is kept here."""
    published, parts = module.along
    for part in parts:
        shutil.copytree(_downloaded(module.folder, published) / part, folder / part)
    for path in folder.rglob("*"):  # Go keeps its modules read-only
        path.chmod(path.stat().st_mode | 0o200)


def _downloaded(folder: Path, path: str) -> Path:
    """Where Go keeps the required module of that path, fetched if need be and checked against go.sum."""
    done = subprocess.run(["go", "mod", "download", "-json", path], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise LocalError(f"go mod download {path} failed ({_last(done.stderr)})", "check the Go module proxy")
    return Path(json.loads(done.stdout)["Dir"])


@cache
def _go_version() -> str:
    if shutil.which("go") is None:
        raise LocalError("there is no Go on PATH", "install Go 1.26 or later, or bring `pulumi` and set KUBECONFIG")
    told = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, check=True).stdout.strip()
    if tuple(int(part) for part in told.removeprefix("go").split(".")[:2]) < _OLDEST_GO:
        raise LocalError(f"Go is {told}", "install Go 1.26 or later")
    return told


def _last(text: str) -> str:
    return (text.strip().splitlines() or ["no message"])[-1]
