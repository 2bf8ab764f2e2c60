"""Builds what the cache lacks, with progress by package, and gathers the binaries in one folder."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from local.debian import Say
from local.errors import LocalError
from local.paths import CACHE
from local.toolchain.modules import ENGINE, Module

_OLDEST_GO = (1, 26)
_SDK = "github.com/pulumi/pulumi/sdk/v3"
_RUNNER = "pulumi-language-python-exec"


def build(modules: Sequence[Module], say: Say) -> Path:
    """A folder with the binaries of all `modules`. What is in the cache is not built again; a build that was cut short
    leaves nothing that counts as done, and Go's own cache goes on where it stopped."""
    go_version = _go_version()
    folders = [_built(module, go_version, say) for module in modules]
    together = CACHE / "toolchain" / "-".join(["bin", *(folder.name.rsplit("-")[-1][:6] for folder in folders)])
    together.mkdir(parents=True, exist_ok=True)
    for binary in (file for folder in folders for file in folder.iterdir()):
        link = together / binary.name
        link.unlink(missing_ok=True)
        link.symlink_to(binary)
    return together


def _built(module: Module, go_version: str, say: Say) -> Path:
    done = CACHE / "toolchain" / f"{module.name}-{module.digest(go_version)}"
    if not done.exists():
        unfinished = done.with_name(f".{done.name}")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        for binary, package in module.packages.items():
            _compile(module, package, unfinished / binary, say)
        if module in ENGINE:
            _copy_runner(module, unfinished)
        unfinished.rename(done)
    return done


def _compile(module: Module, package: str, output: Path, say: Say) -> None:
    say(f"{output.name}: reading modules")
    listed = subprocess.run(["go", "list", "-deps", package], cwd=module.folder, capture_output=True, text=True)
    if listed.returncode:
        raise LocalError(f"go list {package} failed ({_last(listed.stderr)})", "check that the Go module proxy answers")
    total = len(listed.stdout.split())
    command = ["go", "build", "-v", "-ldflags", module.linker_flags, "-o", str(output), package]
    process = subprocess.Popen(command, cwd=module.folder, stderr=subprocess.PIPE, text=True)
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
    where = subprocess.run(
        ["go", "list", "-m", "-f", "{{.Dir}}", _SDK], cwd=module.folder, capture_output=True, text=True, check=True
    )
    shutil.copy(Path(where.stdout.strip()) / "python" / "cmd" / _RUNNER, folder)
    (folder / _RUNNER).chmod(0o755)


def _go_version() -> str:
    if shutil.which("go") is None:
        raise LocalError("there is no Go on PATH", "install Go 1.26 or later, or bring `pulumi` and set KUBECONFIG")
    told = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, check=True).stdout.strip()
    if tuple(int(part) for part in told.removeprefix("go").split(".")[:2]) < _OLDEST_GO:
        raise LocalError(f"Go is {told}", "install Go 1.26 or later")
    return told


def _last(text: str) -> str:
    return (text.strip().splitlines() or ["no message"])[-1]
