"""`python -m local.images.lock_jars <image>`: pin anew what the image's pom.xml asks for. This alone takes Maven."""

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

from local.images.jars import LOCK
from local.images.recipe import RECIPES


def lock(folder: Path) -> None:
    """Write the lock of what pom.xml asks for and all that this needs at run time."""
    with tempfile.TemporaryDirectory() as scratch:
        goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", "-Dmdep.useRepositoryLayout=true"]
        pom = ["--file", str(folder / "pom.xml")]
        subprocess.run(["mvn", "--quiet", "--batch-mode", *pom, *goal, f"-DoutputDirectory={scratch}"], check=True)
        files = sorted(path for path in Path(scratch).rglob("*") if path.suffix in (".jar", ".zip"))
        lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(scratch)}\n" for path in files]
    (folder / LOCK).write_text("".join(lines))


if __name__ == "__main__":
    lock(RECIPES / sys.argv[1])
