"""The embedded cluster, and the platform on it in a stack of the tests' own, beside whatever `make up` has made."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import cluster, embedded
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


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The data sets' tests are for a stack that has some."""
    chosen = config.getoption("--layers") or ""
    return True if collection_path.name == "test_datasets.py" and "datasets" not in chosen else None


@pytest.fixture(scope="session")
def embedded_cluster() -> Iterator[None]:
    """Running, with its images; stopped at the end if it was not running before."""
    ran_before = bool(cluster.status())
    if not ran_before:
        # What an interrupted run has left of stacks went with the cluster that they were on.
        shutil.rmtree(_HOMES, ignore_errors=True)
    embedded.start(Progress(embedded.STEPS, sys.__stdout__ or sys.stdout))
    yield
    if not ran_before:
        cluster.down(print)
        assert cluster.leftovers() == []


@pytest.fixture(scope="session")
def platform(embedded_cluster: None, pytestconfig: pytest.Config) -> Iterator[Platform]:
    """The local stack under a name of its own, in namespaces that start with it; destroyed at the end, to the last."""
    chosen, keep = pytestconfig.getoption("--layers"), pytestconfig.getoption("--keep")
    name = f"t-{chosen.replace(',', '-').lower()}" if chosen else "test"
    environment = stack_file(name, set(chosen.split(",")) if chosen else None)
    if chosen and "tracking" in environment:
        # A tracker for steps to log to is all that a layer's own tests ask of it.
        environment["tracking"] = {**environment["tracking"], "replicas": 1}
    if fluid_of_another(name):
        # A cluster has one: what `make up` has made stays, and its data sets are not tested here.
        environment = {section: value for section, value in environment.items() if section not in ("fluid", "datasets")}
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
