"""buildah with a storage of its own in the cache, apart from the user's containers."""

import os
import shutil
import subprocess
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from local.errors import LocalError

_PASSING, _TRIES = "sealing memfd copy", 3
"""For each command in a container buildah copies itself into memory and seals that, which Linux refuses as busy in a
moment when it is moving these very pages."""


def ignore(line: str) -> None:
    """For those who need not hear what buildah prints."""


class Storage:
    """The images that others stand on, and the working containers of a build that runs."""

    def __init__(self, folder: Path, held: Sequence[int] = ()) -> None:
        """`held` are open files that a running buildah keeps open, whatever becomes of this process: its lock."""
        self.folder = folder
        self.held = held

    def buildah(self, *arguments: str, heard: Callable[[str], None] = ignore) -> list[str]:
        """Run buildah, hand each line that it prints to `heard`, and return the last ones. Failing is a LocalError."""
        for _ in range(_TRIES):
            code, last = self._run(arguments, heard)
            if not code:
                return last
            if not any(_PASSING in line for line in last):
                break
        said = "\n  ".join(["", *last])
        raise LocalError(f"buildah {arguments[0]} failed:{said}\n", "mend what these lines name, then try again")

    def _run(self, arguments: Sequence[str], heard: Callable[[str], None]) -> tuple[int, list[str]]:
        """Its exit code, and the last lines that it printed."""
        folders = {flag: self.folder / flag for flag in ("root", "runroot")}
        (temporary := self.folder / "tmp").mkdir(parents=True, exist_ok=True)
        command = ["buildah", *(f"--{flag}={folder}" for flag, folder in folders.items()), "--storage-driver=overlay"]
        last: deque[str] = deque(maxlen=30)
        process = subprocess.Popen(
            [*command, *arguments],
            env={**os.environ, "BUILDAH_ISOLATION": "chroot", "TMPDIR": str(temporary)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            pass_fds=self.held,
        )
        with process:
            try:
                for line in process.stdout or ():
                    last.append(line.rstrip())
                    heard(line.rstrip())
            except BaseException:
                process.terminate()
                raise
        return process.returncode, list(last)

    def images(self) -> list[str]:
        """The names of the images that are there."""
        return self.buildah("images", "--noheading", "--format={{.Name}}:{{.Tag}}")

    def recover(self) -> None:
        """Remove what an interrupted build left; start from nothing where buildah itself cannot."""
        try:
            self.buildah("rm", "--all")
            self.buildah("rmi", "--prune", "--force")
        except LocalError:
            self.discard()
        shutil.rmtree(self.folder / "tmp", ignore_errors=True)

    def discard(self) -> None:
        """Remove the storage. What is mounted below it is let go first, so that nothing outside it can be reached."""
        for mount in mounts_below(self.folder):
            subprocess.run(["umount", "--lazy", mount], capture_output=True)
        if left := mounts_below(self.folder):
            raise LocalError(f"{left[0]} cannot be unmounted", f"end what uses it (fuser -m {left[0]}), then try again")
        shutil.rmtree(self.folder, ignore_errors=True)


def mounts_below(folder: Path, table: Path = Path("/proc/self/mountinfo")) -> list[str]:
    """Mount points in a folder, the innermost first."""
    points = [line.split()[4].encode().decode("unicode_escape") for line in table.read_text().splitlines()]
    return sorted((point for point in points if Path(point).is_relative_to(folder.resolve())), reverse=True)
