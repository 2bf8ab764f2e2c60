"""What the sources of pipeline engines have in common: flows, their steps and their runs, as DataHub has them."""

import os
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from datahub.api.entities.datajob import DataFlow, DataJob
from datahub.api.entities.dataprocess.dataprocess_instance import DataProcessInstance, InstanceRunResult
from datahub.configuration.common import ConfigModel
from datahub.configuration.source_common import EnvConfigMixin
from datahub.emitter.mcp import MetadataChangeProposalWrapper
from datahub.ingestion.api.common import PipelineContext
from datahub.ingestion.api.source import SourceReport
from datahub.ingestion.api.workunit import MetadataWorkUnit
from datahub.ingestion.source.state.stale_entity_removal_handler import (
    StaleEntityRemovalSourceReport,
    StatefulStaleMetadataRemovalConfig,
)
from datahub.ingestion.source.state.stateful_ingestion_base import (
    StatefulIngestionConfigBase,
    StatefulIngestionSourceBase,
)


@dataclass(frozen=True)
class Run:
    """One run of a flow, or of one step of it."""

    key: str
    name: str
    started: datetime | None = None
    ended: datetime | None = None
    result: str = ""
    """One of DataHub's words for how it ended; empty while it hasn't."""
    said: str = ""
    """The engine's own word for it."""


@dataclass(frozen=True)
class Step:
    key: str
    after: tuple[str, ...] = ()
    """Keys of the steps that come before it."""
    details: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Flow:
    key: str
    name: str
    url: str
    description: str = ""
    tags: tuple[str, ...] = ()
    details: dict[str, str] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    runs: tuple[Run, ...] = ()


class EngineConfig(StatefulIngestionConfigBase, EnvConfigMixin, ConfigModel):
    """Where an engine's API is. Who logs in is in the environment, from a Secret."""

    api: str
    page: str
    """Where people find the engine's page."""
    most_runs: int = 50
    """Of each flow, the newest ones."""
    stateful_ingestion: StatefulStaleMetadataRemovalConfig | None = None


class EngineSource(StatefulIngestionSourceBase):
    """A source of one engine says what `flows` there are; all else is here."""

    platform: str

    def __init__(self, config: EngineConfig, ctx: PipelineContext) -> None:
        super().__init__(config, ctx)
        self.config = config
        self.report = StaleEntityRemovalSourceReport()

    @classmethod
    def create(cls, config_dict: dict, ctx: PipelineContext) -> "EngineSource":
        return cls(EngineConfig.model_validate(config_dict), ctx)

    @abstractmethod
    def flows(self) -> Iterable[Flow]:
        """Everything that the engine knows."""

    def get_report(self) -> SourceReport:
        return self.report

    def get_workunits_internal(self) -> Iterable[MetadataWorkUnit]:
        for flow in self.flows():
            for proposal in self.proposals(flow):
                yield proposal.as_workunit()

    def proposals(self, flow: Flow) -> Iterator[MetadataChangeProposalWrapper]:
        whole = DataFlow(
            id=flow.key,
            orchestrator=self.platform,
            env=self.config.env,
            name=flow.name,
            description=flow.description,
            properties=flow.details,
            url=flow.url,
            tags=set(flow.tags),
        )
        yield from whole.generate_mcp()
        jobs = {step.key: DataJob(id=step.key, flow_urn=whole.urn, name=step.key) for step in flow.steps}
        for step in flow.steps:
            job = jobs[step.key]
            job.properties, job.url = step.details, flow.url
            job.upstream_urns = [jobs[key].urn for key in step.after if key in jobs]
            yield from job.generate_mcp()
        for run in flow.runs:
            yield from self._run(run, flow, whole)

    def _run(self, run: Run, flow: Flow, whole: DataFlow) -> Iterator[MetadataChangeProposalWrapper]:
        made = DataProcessInstance(
            id=run.key,
            orchestrator=self.platform,
            cluster=self.config.env,
            template_urn=whole.urn,
            url=flow.url,
            properties={"name": run.name},
        )
        started = _milliseconds(run.started)
        yield from made.generate_mcp(created_ts_millis=started, materialize_iolets=True)
        if started:
            yield from made.start_event_mcp(started)
        ended = _milliseconds(run.ended)
        if ended and run.result:
            result = InstanceRunResult(run.result)
            yield from made.end_event_mcp(ended, result, result_type=run.said, start_timestamp_millis=started)


def login(name: str) -> str:
    """An environment variable from the recipe's Secret."""
    return os.environ[name]


def moment(text: str | None) -> datetime | None:
    """A point in time as APIs write it."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None


def _milliseconds(at: datetime | None) -> int | None:
    return int(at.timestamp() * 1000) if at else None
