"""buildah with a storage of its own in the cache, apart from the user's containers."""

import os
import shutil
import subprocess
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from local.errors import LocalError


class Storage:
    """The images that others stand on, and the working containers of a build that runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def buildah(self, *arguments: str, heard: Callable[[str], None] = lambda line: None) -> list[str]:
        """Run buildah and hand each line that it prints to `heard`. Returns the last lines; raises LocalError if it fails."""
        command = ["buildah", "--root", str(self.folder / "root"), "--runroot", str(self.folder / "run"),
                   "--storage-driver", "overlay", *arguments]  # fmt: skip
        last: deque[str] = deque(maxlen=30)
        environment = {**os.environ, "BUILDAH_ISOLATION": "chroot"}
        with subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace",
        ) as process:  # fmt: skip
            try:
                for line in process.stdout or ():
                    last.append(line.rstrip())
                    heard(line.rstrip())
            except BaseException:
                process.terminate()
                raise
        if process.returncode:
            raise LocalError(f"buildah {arguments[0]} failed:\n  " + "\n  ".join(last), "mend that, then run it again")
        return list(last)

    def holds(self, image: str) -> bool:
        return bool(self.buildah("images", "--quiet", "--filter", f"reference={image}"))

    def recover(self) -> None:
        """Remove what an interrupted build left; start from nothing where buildah itself cannot."""
        try:
            self.buildah("rm", "--all")
            self.buildah("rmi", "--prune", "--force")
        except LocalError:
            self.discard()

    def discard(self) -> None:
        """Remove the storage. What is still mounted below it is let go first, so that nothing outside can be reached."""
        for mount in mounts_below(self.folder):
            subprocess.run(["umount", "--lazy", mount], capture_output=True)
        if left := mounts_below(self.folder):
            raise LocalError(f"{left[0]} cannot be unmounted", f"end what uses it (fuser -m {left[0]}), then run it again")
        shutil.rmtree(self.folder, ignore_errors=True)


def mounts_below(folder: Path, table: Path = Path("/proc/self/mountinfo")) -> Sequence[str]:
    """Mount points in a folder, the innermost first."""
    points = [line.split()[4].encode().decode("unicode_escape") for line in table.read_text().splitlines()]
    return sorted((point for point in points if Path(point).is_relative_to(folder.resolve())), reverse=True)
