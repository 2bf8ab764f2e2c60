"""The pods of MLRun's API: one chief, which alone watches runs and keeps schedules, and any number of workers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pulumi import Input

from ...catalog import image
from ...k8s.labels import Identity
from ...k8s.probes import Probes
from ...k8s.resources import Resources
from ...k8s.volumes import config_files, given, scratch
from ...k8s.workload import Workload
from ..space import Space
from . import grants
from .environment import DATA, PORT
from .settings import MlrunSettings

APP = "mlrun-api"
USER = 1000  # `mlrun` in the image
PROGRAMS = Path(__file__).parent / "programs"

_PROGRAMS = "/programs"
_ROLE = "MLRUN_HTTPDB__CLUSTERIZATION__ROLE"


@dataclass(frozen=True)
class Api:
    """What chief and workers have in common."""

    name: str
    settings: MlrunSettings
    space: Space
    environment: Mapping[str, Input[str]]
    credentials: Input[str]
    volume: Input[str]
    programs: Input[str]

    @property
    def selector(self) -> dict[str, str]:
        """Of all its pods; the role comes on top."""
        whole = Identity(APP, self.name).selector
        return {key: value for key, value in whole.items() if not key.endswith("/component")}

    def chief(self) -> Workload:
        """Never twice at the same time: both would run each schedule."""
        return replace(self._server("chief"), recreate=True)

    def worker(self) -> Workload:
        return replace(self._server("worker"), replicas=self.settings.workers)

    def client(self, env: Mapping[str, Input[str]], login: Input[str], program: str, files: Input[str]) -> Workload:
        """A program of `programs/` that calls the API with MLRun's own client; `files` has it and what it reads."""
        return Workload(
            identity=Identity("mlrun-client", self.name, "migration"),
            image=image(self.settings.images.api).reference,
            user=USER,
            command=["python", f"{_PROGRAMS}/{program}"],
            working_dir="/tmp",
            # The image is the server's, and what runs there takes itself for a server unless told otherwise.
            env={"HOME": "/tmp", "GIT_PYTHON_REFRESH": "quiet", "MLRUN_IS_API_SERVER": "false", **env},
            secrets=[login],
            mounts=[config_files("programs", _PROGRAMS, files), scratch("tmp", "/tmp", "256Mi")],
            resources=Resources(cpu="100m", memory="512Mi", memory_limit="1Gi"),
        )

    def _server(self, role: str) -> Workload:
        started = {"command": ["python", f"{_PROGRAMS}/start.py"], "working_dir": "/tmp"}
        return Workload(
            identity=Identity(APP, self.name, role),
            image=image(self.settings.images.api).reference,
            user=USER,
            ports={"http": PORT},
            env={**self.environment, _ROLE: role},
            secrets=[self.credentials],
            mounts=[
                given("data", DATA, self.volume),
                scratch("tmp", "/tmp", "1Gi"),
                config_files("programs", _PROGRAMS, self.programs),
            ],
            # The chief makes its tables before it listens.
            probes=Probes(port=PORT, path="/api/v1/healthz", starts_within=600, timeout=10),
            resources=self.settings.resources,
            grants=[grants.api(self.space.namespace)],
            cloud=self.space.context.artifacts.identity,
            **(started if self.settings.images.launcher else {}),
        )
