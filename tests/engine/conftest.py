from collections.abc import Iterator
from pathlib import Path

import pytest

from local import plugins, toolchain
from tests.engine import cert_manager as certificates
from tests.engine import project as projects
from tests.engine.project import Project
from tests.engine.server import Server, running


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    binaries = toolchain.build(toolchain.CLUSTER, print)
    with running(binaries, tmp_path_factory.mktemp("server")) as started:
        yield started


@pytest.fixture(scope="session")
def cert_manager(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[certificates.Running]:
    """Its kinds are there once, so whoever needs them shares it."""
    with certificates.running(server, tmp_path_factory.mktemp("cert-manager")) as started:
        yield started


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment in which `pulumi` finds the plugins, without any cluster."""
    base = projects.base_environment(tmp_path_factory.mktemp("home"))
    return plugins.environment(base, toolchain.build(toolchain.ENGINE, print))


@pytest.fixture
def bare_project(tmp_path: Path, engine: dict[str, str]) -> Project:
    """A project whose programs have no cluster."""
    return projects.make(tmp_path, {**engine, "KUBECONFIG": str(tmp_path / "no-kubeconfig")})


@pytest.fixture
def project(tmp_path: Path, engine: dict[str, str], server: Server) -> Iterator[Project]:
    """A project on the test's API server. What its program leaves there is destroyed."""
    made = projects.make(tmp_path, {**engine, "KUBECONFIG": str(server.kubeconfig)})
    yield made
    made.pulumi("cancel", "--yes")
    made.pulumi("destroy", "--yes", "--skip-preview")
