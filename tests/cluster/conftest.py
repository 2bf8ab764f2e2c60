"""The embedded cluster, and the platform on it: what `make up` has made, or else a stack of the tests' own."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local import cluster, embedded, images
from local.environment import Surroundings
from local.paths import STATE
from local.progress import Progress
from tests.cluster import probes
from tests.cluster.evidence import eventually
from tests.cluster.platform import ONCE, PASSING, Platform, of_another, stack_file
from tests.cluster.probes import Manifest

_HOMES = STATE / "tests"
"""Of the tests' stacks: one that was kept, or whose run was killed, is taken up by the next run."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--layers", help="only these sections of the stack file and what they need, in a stack of their own"
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
    embedded.start(progress, images.needed(stack_file("", _chosen(pytestconfig))))
    yield
    if not ran_before:
        cluster.down(print)
        assert cluster.leftovers() == []


@pytest.fixture(scope="session")
def platform(embedded_cluster: None, pytestconfig: pytest.Config) -> Iterator[Platform]:
    """The local stack as it runs, with the tests' own steps for a while; or a stack of its own.

    That has its name before all its namespaces, and is destroyed at the end, to the last.
    """
    chosen, keep = _chosen(pytestconfig), pytestconfig.getoption("--keep")
    running = Surroundings(None, has_engine=False).stack("local", print)
    if running.exists and not chosen:
        made = Platform.prepare(running.name, running.home, stack_file(""), prefix="")
        for key, value in PASSING.items():
            made.kubectl("delete", "pods", "-A", "-l", f"{key}={value}", "--now")
        made.stack.up()
        yield made
        if not keep:
            running.prepare(print)
            running.up()
        return
    layers = "-".join(sorted(chosen or ())).lower()
    # Names in the cluster begin with it, and have an end.
    name = f"t-{layers if len(layers) < 24 else 'several'}" if chosen else "test"
    prefix = f"{name}-"
    environment = stack_file(prefix, chosen)
    if chosen and "tracking" in environment:
        # A tracker for steps to log to is all that a layer's own tests ask of it.
        environment["tracking"] = {**environment["tracking"], "replicas": 1}
    for section in ONCE.keys() & environment.keys():
        assert not of_another(section, prefix), f"a cluster has {section} once, from another stack here: take that down"
    made = Platform.prepare(name, _HOMES / name, environment, prefix)
    made.stack.up()
    yield made
    if not keep:
        made.stack.destroy()
        eventually(lambda: made.objects() == [], "nothing is left of the stack")
        shutil.rmtree(made.stack.home)


@pytest.fixture
def small(embedded_cluster: None, tmp_path: Path) -> Iterator[Platform]:
    """An object store alone: enough of a stack to be interrupted."""
    with _small(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def standing(embedded_cluster: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The same, up, for tests that leave it as it was."""
    with _small(tmp_path_factory.mktemp("standing")) as made:
        made.stack.up()
        yield made


@contextmanager
def _small(home: Path) -> Iterator[Platform]:
    environment = stack_file("small-", keep={"access", "objectStore"})
    made = Platform.prepare("small", home / "small", environment, prefix="small-")
    yield made
    if made.stack.exists:
        made.stack.prepare(print)
        made.stack.destroy()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def spaces() -> Iterator[list[Manifest]]:
    """Namespaces take seconds to end: they are waited for together."""
    made: list[Manifest] = []
    yield made
    for one in made:
        probes.eventually(lambda one=one: probes.gone(one), f"the end of {one['metadata']['name']}", 120)


def _chosen(config: pytest.Config) -> set[str] | None:
    layers = config.getoption("--layers")
    return set(layers.split(",")) if layers else None
