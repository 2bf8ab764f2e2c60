"""The embedded cluster, and the platform on it in a stack of the tests' own, beside whatever `make up` has made."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import cluster, embedded, images
from local.paths import STATE
from local.progress import Progress
from tests.cluster.platform import Platform, fluid_of_another, stack_file

_HOMES = STATE / "tests"
"""Of the tests' stacks: one that was kept, or whose run was killed, is taken up by the next run."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--layers", help="only these sections of the stack file and what they need, in a stack named after them"
    )
    parser.addoption("--keep", action="store_true", help="leave the platform for the next run of the tests")


@pytest.fixture(scope="session")
def embedded_cluster(pytestconfig: pytest.Config) -> Iterator[None]:
    """Running, with the images of the chosen layers; stopped at the end if it was not running before."""
    ran_before = bool(cluster.status())
    if not ran_before:
        # What an interrupted run has left of stacks went with the cluster that they were on.
        shutil.rmtree(_HOMES, ignore_errors=True)
    progress = Progress(embedded.STEPS, sys.__stdout__ or sys.stdout)
    embedded.start(progress, images.needed(stack_file("any", _chosen(pytestconfig))))
    yield
    if not ran_before:
        cluster.down(print)
        assert cluster.leftovers() == []


@pytest.fixture(scope="session")
def platform(embedded_cluster: None, pytestconfig: pytest.Config) -> Iterator[Platform]:
    """The local stack under a name of its own, in namespaces that start with it; destroyed at the end, to the last."""
    chosen, keep = _chosen(pytestconfig), pytestconfig.getoption("--keep")
    layers = "-".join(sorted(chosen or ())).lower()
    # Names in the cluster begin with it, and have an end.
    name = f"t-{layers if len(layers) < 24 else 'several'}" if chosen else "test"
    environment = stack_file(name, chosen)
    if chosen and "tracking" in environment:
        # A tracker for steps to log to is all that a layer's own tests ask of it.
        environment["tracking"] = {**environment["tracking"], "replicas": 1}
    if "fluid" in environment:
        assert not fluid_of_another(name), "a cluster has one Fluid, and another stack has brought it: take that down"
    made = Platform.prepare(name, _HOMES / name, environment)
    made.stack.up()
    yield made
    if not keep:
        made.stack.destroy()
        assert made.objects() == []
        shutil.rmtree(made.stack.home)


@pytest.fixture
def small(embedded_cluster: None, tmp_path: Path) -> Iterator[Platform]:
    """An object store alone: enough of a stack to be interrupted, edited by hand and destroyed."""
    made = Platform.prepare("small", tmp_path / "small", stack_file("small", keep={"access", "objectStore"}))
    yield made
    if made.stack.exists:
        made.stack.prepare(print)
        made.stack.destroy()
    shutil.rmtree(tmp_path, ignore_errors=True)


def _chosen(config: pytest.Config) -> set[str] | None:
    layers = config.getoption("--layers")
    return set(layers.split(",")) if layers else None
