"""The embedded cluster, and the platform on it in a stack of the tests' own, beside whatever `make up` has made."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import cluster, embedded
from local.progress import Progress
from tests.cluster.platform import Platform, stack_file


@pytest.fixture(scope="session")
def embedded_cluster() -> Iterator[None]:
    """Running, with its images; stopped at the end if it was not running before."""
    ran_before = bool(cluster.status())
    embedded.start(Progress(embedded.STEPS, sys.__stdout__ or sys.stdout))
    yield
    if not ran_before:
        cluster.down(print)
        assert cluster.leftovers() == []


@pytest.fixture(scope="session")
def platform(embedded_cluster: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The local stack under the name `test`, in namespaces `test-*`; destroyed at the end, with nothing left."""
    made = Platform.prepare("test", tmp_path_factory.mktemp("platform"), stack_file("test"))
    made.stack.up()
    yield made
    made.stack.destroy()
    assert made.objects() == []


@pytest.fixture
def small(embedded_cluster: None, tmp_path: Path) -> Iterator[Platform]:
    """An object store alone: enough of a stack to be interrupted, edited by hand and destroyed."""
    made = Platform.prepare("small", tmp_path / "small", stack_file("small", keep={"access", "objectStore"}))
    yield made
    if made.stack.exists:
        made.stack.prepare(print)
        made.stack.destroy()
    shutil.rmtree(tmp_path, ignore_errors=True)
