"""`python -m local <action>`: the platform on this machine. `make` has a target for each action."""

import argparse
import json
import shutil
import sys

from local import cluster, drawing, embedded, graph, images, packs, training
from local.environment import Surroundings, refuse_cloud, sections, stack_names
from local.errors import LocalError
from local.paths import CACHE, IMAGE_STORE
from local.plan import FORMATS, judge
from local.progress import Progress
from local.report import endpoint_table, pod_table


def up(options: argparse.Namespace) -> None:
    """Build what is missing, start the cluster, run the program, and say where everything is."""
    refuse_cloud(options.stack)
    here = Surroundings.find()
    own = here.given_kubeconfig is None
    progress = Progress(steps=2 + (embedded.STEPS if own else 0))
    if own:
        embedded.start(progress, images.needed(sections(options.stack)))
    with progress.step("stack") as say:
        stack = here.stack(options.stack, say)
        stack.prepare(say)
    with progress.step(f"pulumi up --stack {options.stack}"):
        stack.up()
    print(endpoint_table(stack.outputs(), cluster.pods() if own else None))


def preview(options: argparse.Namespace) -> None:
    """Show what `up` would change of the stack as it runs, field by field."""
    refuse_cloud(options.stack)
    here = Surroundings.find()
    stack = here.stack(options.stack, lambda _: None)
    if not stack.exists:
        raise LocalError("the stack doesn't exist yet", "`make up` makes it, `make check` judges what that would be")
    if here.given_kubeconfig is None and (silent := _silent()):
        raise LocalError(f"the cluster doesn't answer ({silent})", "`make up` starts it")
    stack.prepare(lambda _: None)
    stack.run("preview", "--diff", *packs.options(options.stack))


def down(options: argparse.Namespace) -> None:
    """Destroy the stack, stop the cluster unless that is to be kept, and show that nothing is left."""
    here = Surroundings.find()
    own = here.given_kubeconfig is None and not options.keep_cluster
    progress = Progress(steps=2 if own else 1)
    with progress.step(f"pulumi destroy --stack {options.stack}") as say:
        stack = here.stack(options.stack, say)
        if stack.exists and (here.given_kubeconfig or not (silent := _silent())):
            stack.prepare(say)
            stack.destroy()
        elif stack.exists and options.keep_cluster:
            raise LocalError(
                f"nothing was destroyed, for the cluster doesn't answer ({silent})",
                "heal it by `make up`, or leave out KEEP_CLUSTER=1 to have both removed",
            )
    if own:
        with progress.step("cluster") as say:
            stack.forget()
            cluster.down(say)
        left = cluster.leftovers()
        if left:
            raise LocalError(f"still there: {'; '.join(left)}", "run `make down` again, or remove these by hand")
        print("nothing is left: no process, mount, network link, iptables rule or cgroup")


def status(options: argparse.Namespace) -> None:
    """What runs where, and which pods are simulated; of a given cluster, all of its pods."""
    here = Surroundings.find()
    if here.given_kubeconfig:
        here.kubectl("get", "pods", "--all-namespaces", "--output=wide")
        return
    components = cluster.status()
    if not components:
        raise LocalError("no embedded cluster runs", "`make up` starts it")
    for one in components:
        state = "ok" if one.healthy else f"BAD  {one.detail}, see {one.log}"
        print(f"{one.name:26} pid {one.pid or '-':>8}  {state}")
    print(pod_table(cluster.pods()))


def endpoints(options: argparse.Namespace) -> None:
    """For scripts: every endpoint as JSON, its password included."""
    stack = Surroundings.find().stack(options.stack, lambda _: None)
    if not stack.exists:
        raise LocalError("the stack doesn't exist yet", "`make up` makes it")
    print(json.dumps(stack.outputs().get("endpoints", {}), indent=2))


def train(options: argparse.Namespace) -> None:
    """Run a step in the cluster and show what it says: on an engine, or else examples/training as an MLflow Project."""
    here = Surroundings.find()
    if options.engine:
        stack = here.stack(options.stack, lambda _: None)
        endpoints = stack.outputs().get("endpoints", {}) if stack.exists else {}
        training.train(here, options.stack, endpoints, options.engine, options.step)
    else:
        training.run_project(here, options.stack, "training")


def clean(options: argparse.Namespace) -> None:
    """Remove what `make up` has built. The next one starts cold."""
    if cluster.status():
        raise LocalError("the cluster still runs", "run `make down` first")
    images.clean(print)
    for folder in ("toolchain", "images", "bytecode", IMAGE_STORE.name):
        shutil.rmtree(CACHE / folder, ignore_errors=True)
    print(f"removed what was built in {CACHE}")


def check(options: argparse.Namespace) -> None:
    """Judge what a stack, or each of them, would make: no cluster, no login."""
    judge(stack_names() if options.every else [options.stack], options.format)


def picture(options: argparse.Namespace) -> None:
    """Draw the running stack's components and their wires into README."""
    graph.write(Surroundings.find().stack(options.stack, lambda _: None).export()["deployment"]["resources"])


def draw(options: argparse.Namespace) -> None:
    """Draw any stack's layers and their wires as SVG: no cluster, no login."""
    print(f"wrote {drawing.draw(options.stack, print)}")


def _silent() -> str:
    """What keeps the embedded cluster from carrying out a destroy; it may have died, and its objects with it."""
    components = cluster.status()
    unwell = ", ".join(one.name for one in components if not one.healthy)
    return unwell if components else "it isn't running"


_ACTIONS = {
    action.__name__: action for action in (up, preview, down, status, endpoints, train, check, picture, draw, clean)
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument("action", choices=_ACTIONS)
    parser.add_argument("--stack", default="local", help="the name of a stack file")
    parser.add_argument("--every", action="store_true", help="for `check`: every stack that has a file")
    parser.add_argument("--format", choices=FORMATS, default="text", help="for `check`: what the report is written in")
    parser.add_argument("--step", default="training", help="for `train` on an engine: a step of the stack file")
    parser.add_argument("--keep-cluster", action="store_true", help="for `down`: destroy the stack alone")
    parser.add_argument("--engine", default="", help=f"for `train`: one of {', '.join(training.ENGINES)}")
    options = parser.parse_args()
    try:
        _ACTIONS[options.action](options)
    except LocalError as error:
        print(f"\nerror: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted: what was done is kept, and the next run goes on from there", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
