"""`python -m local.cluster up|down|status`: the embedded cluster alone, for work on it."""

import argparse
import sys
import time
from pathlib import Path

from local import cluster, toolchain
from local.errors import LocalError


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.cluster", description=__doc__)
    parser.add_argument("action", choices=["up", "down", "status"])
    parser.add_argument("--binaries", type=Path, help="folder of the Kubernetes programs, if they are not to be built")
    options = parser.parse_args()
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"[{time.monotonic() - began:6.1f} s] {line}", flush=True)

    try:
        if options.action == "up":
            cluster.up(options.binaries or toolchain.build(toolchain.CLUSTER, say), say)
        elif options.action == "down":
            cluster.down(say)
        else:
            return _status()
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _status() -> int:
    components = cluster.status()
    for one in components:
        print(f"{one.name:26}{one.pid or '-':>8}  {'ok' if one.healthy else 'BAD'}  {one.detail}")
    if not components:
        print("no cluster; left over: " + ("; ".join(cluster.leftovers()) or "nothing"))
        return 1
    if all(one.healthy for one in components):
        for pod in cluster.pods():
            kind = "real" if pod.real else "simulated" if pod.simulated else "waiting"
            print(f"{pod.namespace}/{pod.name}: {pod.phase}, {kind}")
    return 0 if all(one.healthy for one in components) else 1


if __name__ == "__main__":
    sys.exit(main())
