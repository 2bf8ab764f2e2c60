"""The package as another repository has it: built, and installed where nothing else is."""

import subprocess
import sys
from pathlib import Path

from local.paths import REPOSITORY


def build(folder: Path) -> Path:
    """The wheel, made from the sdist, so that both are whole."""
    _run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(folder), cwd=REPOSITORY)
    (sdist,) = folder.glob("*.tar.gz")
    _run("tar", "-xzf", str(sdist), "-C", str(folder))
    unpacked = folder / sdist.name.removesuffix(".tar.gz")
    _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=unpacked)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, environment: Path) -> Path:
    """The interpreter of a new environment that has the wheel and what it asks for, in the releases tested here."""
    uv = str(Path(sys.executable).with_name("uv"))
    _run(uv, "venv", "--quiet", "--python", sys.executable, str(environment))
    python = environment / "bin" / "python"
    locked = str(REPOSITORY / "requirements.txt")
    _run(uv, "pip", "install", "--quiet", "--python", str(python), "--constraint", locked, str(wheel))
    return python


def _run(*command: str, cwd: Path | None = None) -> None:
    done = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}"
