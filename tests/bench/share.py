"""`python -m tests.bench.share [STACK]`: what the policy packs add to a preview, without a cluster.

In CPU time of all processes, in pairs one after the other: on a shared machine the clock measures the neighbours.
"""

import ctypes
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from local import packs
from local.environment import Surroundings
from local.paths import REPOSITORY
from local.stack import Stack

_PAIRS = 3
_SUBREAPER = 36  # prctl's PR_SET_CHILD_SUBREAPER


def main(name: str = "local") -> None:
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory(prefix="share-") as folder:
        stack = Surroundings(given_kubeconfig=None, has_engine=False).stack(name, print)
        environment = {**stack.environment, "KUBECONFIG": os.devnull, "KUBERNETES_PLAN_ONLY": "true"}
        stack = replace(stack, home=Path(folder), environment=environment)
        stack.prepare(lambda _: None)
        pairs = [(preview(stack), preview(stack, *packs.options(name))) for _ in range(_PAIRS)]
    for plain, judged in pairs:
        print(f"preview {plain:.1f} CPU-s, judged {judged:.1f} CPU-s: {judged / plain - 1:+.0%}")
    print(f"share of all policy packs in a preview: {statistics.median(b / a - 1 for a, b in pairs):.0%}")


def preview(stack: Stack, *options: str) -> float:
    """CPU seconds of one preview: the engine, the program, the plugins, the packs."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = ["pulumi", "preview", "--stack", stack.name, "--config-file", str(stack.config), "--non-interactive"]
    environment = stack.full_environment()
    subprocess.run([*command, *options], cwd=REPOSITORY, env=environment, check=True, stdout=subprocess.DEVNULL)
    _wait_for_orphans()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def _wait_for_orphans() -> None:
    """Plugins that the engine left behind fall to this process, and count once they have been waited for."""
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


if __name__ == "__main__":
    main(*sys.argv[1:])
