"""`make bench`: what the platform costs, as ratios within one run. Needs the stack of `make up`; changes nothing."""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from local import packs
from local.environment import Surroundings
from local.paths import REPOSITORY
from local.stack import Stack
from tests.bench import programs

_REPEATS = 3


def main() -> None:
    stack = Surroundings.find().stack("local", lambda _: None)
    if not stack.exists:
        sys.exit("error: there is no local stack: run `make up` first")
    report("import of the program", f"{import_cost():.2f} CPU-s", "budget 1.0 CPU-s")
    report("cloud SDKs loaded by it", ", ".join(cloud_modules()) or "none", "budget none")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        compare(stack, Path(folder))


def compare(stack: Stack, folder: Path) -> None:
    count = len(stack.export()["deployment"]["resources"])
    given = packs.options("local")
    plain = seconds(lambda: quietly(stack, "preview"))
    judged = seconds(lambda: quietly(stack, "preview", *given))
    bare = preview_of_bare(stack, folder, count)
    report(f"preview of {count} resources / of as many ConfigMaps", f"{plain / bare:.2f}", "budget 1.5")
    report("share of all policy packs in a preview", f"{(judged - plain) / plain:.0%}", "budget 20 %")
    unchanged = seconds(lambda: quietly(stack, "up", "--yes", "--skip-preview", "--expect-no-changes"), 1)
    report("up without a change / preview", f"{unchanged / plain:.2f}", "changes nothing")
    few, many = preview_of_bare(stack, folder, 200) / 200, preview_of_bare(stack, folder, 2000, 1) / 2000
    report("cost per resource at 2,000 / at 200", f"{many / few:.2f}", "budget 1.3")


def preview_of_bare(stack: Stack, folder: Path, count: int, repeats: int = _REPEATS) -> float:
    """Seconds for a preview of `count` ConfigMaps on the same engine, plugins and cluster."""
    project = programs.write(folder / f"bare-{count}", count)
    (folder / "backend").mkdir(exist_ok=True)
    environment = {**stack.full_environment(), "PULUMI_BACKEND_URL": f"file://{folder / 'backend'}"}

    def pulumi(*words: str) -> None:
        subprocess.run(["pulumi", *words], cwd=project, env=environment, check=True, stdout=subprocess.DEVNULL)

    pulumi("stack", "init", f"bare-{count}")
    return seconds(lambda: pulumi("preview", "--non-interactive"), repeats)


def quietly(stack: Stack, verb: str, *options: str) -> None:
    command = ["pulumi", verb, "--stack", stack.name, "--config-file", str(stack.config), "--non-interactive"]
    subprocess.run(
        [*command, *options], cwd=REPOSITORY, env=stack.full_environment(), check=True, stdout=subprocess.DEVNULL
    )


def seconds(work: Callable[[], None], repeats: int = _REPEATS) -> float:
    """The median of several runs."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


_IMPORTS = (
    "import stacks.environment, components.k8s.namespace, components.storage.database, components.tracking.mlflow"
)


def import_cost() -> float:
    """CPU seconds that a fresh interpreter takes to load what `__main__.py` imports, its own start included."""

    def once() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", _IMPORTS], cwd=REPOSITORY, env=os.environ, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)

    once()
    return statistics.median(once() for _ in range(_REPEATS))


def cloud_modules() -> list[str]:
    script = f"{_IMPORTS}; import sys, json; print(json.dumps(list(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, check=True, capture_output=True, text=True)
    return sorted({name for name in json.loads(told.stdout) if name in {"pulumi_aws", "pulumi_gcp"}})


def report(what: str, figure: str, budget: str) -> None:
    print(f"{what:55} {figure:>12}   ({budget})", flush=True)


if __name__ == "__main__":
    main()
