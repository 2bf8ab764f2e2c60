"""`python -m local <action>`: the platform on this machine. `make` has a target for each action."""

import argparse
import json
import sys

from local import cluster, images, toolchain
from local.environment import Surroundings
from local.errors import LocalError
from local.paths import CACHE, STATE
from local.progress import Progress
from local.report import endpoint_table, pod_table

_STACK = "local"


def up() -> None:
    """Build what is missing, start the cluster, run the program, and say where everything is."""
    here = Surroundings.find()
    embedded = here.given_kubeconfig is None
    progress = Progress(steps=4 if embedded else 2)
    if embedded:
        with progress.step("engine and Kubernetes") as say:
            binaries = toolchain.build(toolchain.CLUSTER, say)
            here.engine(say)
        with progress.step("cluster") as say:
            cluster.up(binaries, say)
        with progress.step("images") as say:
            archives = images.build(images.NAMES, say)
            for archive in archives.values():
                if not cluster.has_image(archive.reference):
                    say(f"importing {archive.reference}")
                    cluster.import_image(archive.path, archive.reference)
            cluster.present([archive.reference for archive in archives.values()])
    else:
        with progress.step("engine") as say:
            say(f"the cluster is the one of {here.given_kubeconfig}")
            here.engine(say)
    with progress.step(f"pulumi up --stack {_STACK}") as say:
        stack = here.stack(_STACK, say)
        stack.prepare(say)
        stack.up()
    print(endpoint_table(stack.outputs(), cluster.pods() if embedded else None))


def down() -> None:
    """Destroy the stack, stop the cluster, and show that nothing is left."""
    here = Surroundings.find()
    progress = Progress(steps=2 if here.given_kubeconfig is None else 1)
    with progress.step(f"pulumi destroy --stack {_STACK}") as say:
        if (STATE / "stacks" / _STACK).exists() and (here.given_kubeconfig or cluster.status()):
            stack = here.stack(_STACK, say)
            stack.prepare(say)
            stack.run("destroy", "--yes", "--skip-preview")
            stack.remove()
    if here.given_kubeconfig is None:
        with progress.step("cluster") as say:
            cluster.down(say)
        left = cluster.leftovers()
        if left:
            raise LocalError(f"still there: {'; '.join(left)}", "run `make down` again, or remove these by hand")
        print("nothing is left: no process, mount, network link, iptables rule or cgroup")


def status() -> None:
    """What runs where, and which pods are simulated."""
    for one in cluster.status():
        state = "ok" if one.healthy else f"BAD  {one.detail}, see {one.log}"
        print(f"{one.name:26} pid {one.pid or '-':>8}  {state}")
    print(pod_table(cluster.pods()) if cluster.status() else "no embedded cluster runs; `make up` starts it")


def endpoints() -> None:
    """For scripts: every endpoint as JSON, its password included."""
    here = Surroundings.find()
    print(json.dumps(here.stack(_STACK, lambda _: None).outputs().get("endpoints", {}), indent=2))


def clean() -> None:
    """Remove what `make up` has built. The next one starts cold."""
    import shutil

    if cluster.status():
        raise LocalError("the cluster still runs", "run `make down` first")
    images.clean(print)
    for folder in ("toolchain", "images"):
        shutil.rmtree(CACHE / folder, ignore_errors=True)
    print(f"removed what was built in {CACHE}")


_ACTIONS = {action.__name__: action for action in (up, down, status, endpoints, clean)}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument("action", choices=_ACTIONS)
    try:
        _ACTIONS[parser.parse_args().action]()
    except LocalError as error:
        print(f"\nerror: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted: what was done is kept, and the next run goes on from there", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
