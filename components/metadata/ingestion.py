"""Ingestion into the metadata catalogue: one CronJob for each recipe that a layer has handed over."""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_kubernetes.batch.v1 import CronJob
from pulumi_kubernetes.core.v1 import ConfigMap, Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from ..base import Args, Settings, Text
from ..catalog import image
from ..k8s.labels import Identity
from ..k8s.network import Peer, connect
from ..k8s.plain import as_json
from ..k8s.resources import Resources
from ..k8s.server import service_account
from ..k8s.volumes import config_files, scratch
from ..k8s.workload import Workload
from ..sources import texts
from .contracts import FILES, MetadataServer, Recipe

USER = 1000  # `datahub` in the image
RECIPE = "recipe.json"
_SOURCES = "/sources"
_LONGEST = 24

_QUIET = {
    "HOME": "/tmp",
    "DATAHUB_TELEMETRY_ENABLED": "false",
    "DATAHUB_SKIP_CONFIG": "true",
    # Feast, too, would tell its makers of each use.
    "FEAST_USAGE": "False",
    "GIT_PYTHON_REFRESH": "quiet",
}


class IngestionSettings(Settings):
    """How the catalogue is filled."""

    runs: Literal["by-schedule", "on-demand"] = "by-schedule"
    """`on-demand`: each CronJob is suspended, and waits for `kubectl create job --from`."""
    timeout: int = 3600
    """Seconds that reading one system may take."""
    resources: Resources = Resources(cpu="100m", memory="512Mi", memory_limit="1Gi")


class IngestionArgs(Args):
    """`recipes` are what other layers hand over, by the name that each run of them gets."""

    settings: IngestionSettings = IngestionSettings()
    namespace: Text
    server: MetadataServer
    recipes: Mapping[str, Recipe]
    """System -> how it is read."""


class Ingestion(ComponentResource):
    """A system that is read no more leaves nothing here: its CronJob, recipe and secrets go with its layer."""

    def __init__(self, name: str, args: IngestionArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:metadata:Ingestion", name, None, opts)
        self._name, self._args, self._child = name, args, ResourceOptions(parent=self)
        login = self._secret("login", {"DATAHUB_SYSTEM_CLIENT_SECRET": args.server.secret})
        sources = self._files("sources", texts(Path(__file__).with_name("sources")))
        for system, recipe in args.recipes.items():
            self._schedule(system, recipe, login, sources)
        self.register_outputs({})

    def _schedule(self, system: str, recipe: Recipe, login: Output[str], sources: Output[str]) -> None:
        part, args = short(system), self._args
        key, identity = f"{self._name}-{part}", Identity("datahub-ingestion", self._name, part)
        content = as_json(whole(key, recipe, args.server))
        recipes = self._files(f"{part}-recipe", {RECIPE: content, **recipe.files})
        own = [self._secret(part, recipe.secrets)] if recipe.secrets else []
        work = Workload(
            identity=identity,
            image=image("datahub-ingestion").reference,
            user=USER,
            command=["datahub", "ingest", "run", "--config", f"{FILES}/{RECIPE}", "--no-progress"],
            working_dir="/tmp",
            env={**_QUIET, "PYTHONPATH": _SOURCES, **recipe.environment},
            secrets=[login, *own],
            mounts=[
                config_files("recipe", FILES, recipes),
                config_files("sources", _SOURCES, sources),
                scratch("tmp", "/tmp", "1Gi"),
            ],
            resources=args.settings.resources,
            cloud=recipe.cloud,
        )
        work = replace(work, service_account=service_account(key, work, args.namespace, self._child))
        reader = Peer(args.namespace, identity.selector)
        for number, peer in enumerate((args.server.peer, *recipe.peers)):
            if peer:
                connect(f"{key}-{number}", reader, peer, self._child)
        when = recipe.schedule if args.settings.runs == "by-schedule" else None
        # What one run misses, the next one finds.
        job = work.job(timeout=args.settings.timeout, retries=1, keep=24 * 3600)
        place = ObjectMetaArgs(namespace=args.namespace, labels=identity.labels)
        CronJob(key, metadata=place, spec=work.cron_job(job, when), opts=self._child)

    def _secret(self, part: str, content: Mapping[str, Output[str]]) -> Output[str]:
        place = ObjectMetaArgs(namespace=self._args.namespace)
        return Secret(f"{self._name}-{part}", metadata=place, string_data=content, opts=self._child).metadata.name

    def _files(self, part: str, content: Mapping[str, Text]) -> Output[str]:
        place = ObjectMetaArgs(namespace=self._args.namespace)
        return ConfigMap(f"{self._name}-{part}", metadata=place, data=content, opts=self._child).metadata.name


def short(system: str) -> str:
    """As it fits into the name of a CronJob, which has room for fewer letters than the name of a bucket."""
    plain = system.replace(".", "-")
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 9]}-{sha256(system.encode()).hexdigest()[:8]}"


def whole(pipeline: str, recipe: Recipe, server: MetadataServer) -> dict[str, Any]:
    """The recipe as DataHub reads it: from the layer's source to the metadata service."""
    # Under the pipeline's name DataHub remembers what it has seen, and marks as removed what is there no more.
    source = {"type": recipe.source, "config": {**recipe.config, "stateful_ingestion": {"enabled": True}}}
    # DataHub wants its system client's secret as it is, not in base64 as the scheme's name would have it.
    login = {"Authorization": f"Basic {server.client}:${{DATAHUB_SYSTEM_CLIENT_SECRET}}"}
    sink = {"type": "datahub-rest", "config": {"server": server.url, "extra_headers": login}}
    return {"pipeline_name": pipeline, "source": source, "sink": sink}
