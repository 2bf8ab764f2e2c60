"""Whether the queues of a stack file can be: pools that are there, shares that they can give, work that fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from components.compute.gpus import GpuPlace
from components.compute.queues.settings import QueueSettings
from components.types import amount

if TYPE_CHECKING:
    from components.pipelines.step import StepSettings

    from .environment import Environment

OWN = "gpu"
"""What teams' shares call the pool that `pipelines.gpu` describes itself, without naming one of the cluster's."""


def places(environment: Environment, pools: Mapping[str, GpuPlace]) -> dict[str, GpuPlace]:
    """The pools that teams can have shares of: the cluster's own, and the one that only the pipelines know of."""
    gpu = environment.pipelines.gpu if environment.pipelines else None
    return {**pools, **({OWN: gpu.place} if gpu and gpu.pool is None else {})}


def misqueued(environment: Environment) -> list[str]:
    """One line for each mistake."""
    if environment.queues is None:
        return list(_without_queues(environment))
    if environment.pipelines is None:  # told as a missing layer
        return []
    return [*_nowhere(environment), *_pools(environment, environment.queues), *_steps(environment, environment.queues)]


def _without_queues(environment: Environment) -> Iterator[str]:
    pipelines = environment.pipelines
    if pipelines is None:
        return
    asking = {"pipelines.queue": pipelines.queue}
    asking |= {f"pipelines.steps.{name}.queue": step.queue for name, step in pipelines.steps.items()}
    for path, team in asking.items():
        if team:
            yield f"{path}: there are no queues; add a section `queues:` with a team `{team}`, or remove this"


def _nowhere(environment: Environment) -> Iterator[str]:
    if not environment.run_namespaces:
        yield "queues: no engine is on whose steps could wait; add one, such as `argo: {}`, or remove this"


def _pools(environment: Environment, queues: QueueSettings) -> Iterator[str]:
    """GPUs that are not there can be promised to nobody."""
    known = places(environment, _capacities(environment))
    for team, settings in queues.teams.items():
        for pool in settings.gpus:
            if pool not in known:
                there = ", ".join(known) or "none; add one under `cluster.gpuPools`"
                yield f"queues.teams.{team}.gpus.{pool}: there is no such pool of GPUs; the pools are {there}"
    for pool, has in _capacities(environment).items():
        promised = sum(team.gpus[pool].quota for team in queues.teams.values() if pool in team.gpus)
        if promised > has:
            yield (
                f"queues.teams: the quotas of `{pool}` are {promised} GPUs together and its nodes have at most {has}; "
                "lower them, or let teams `borrow`"
            )


def _capacities(environment: Environment) -> dict[str, Any]:
    """Pool of the cluster -> the GPUs of all the nodes that it may have."""
    return {
        name: pool.seen_per_node * (len(pool.nodes) if hasattr(pool, "nodes") else pool.max)
        for name, pool in environment.cluster.gpu_pools.items()
    }


def _steps(environment: Environment, queues: QueueSettings) -> Iterator[str]:
    """What asks for more than its team can ever have would wait for good."""
    pipelines = environment.pipelines
    assert pipelines, "or there would be no steps"
    if pipelines.queue and pipelines.queue not in queues.teams:
        yield f"pipelines.queue: {_no_team(pipelines.queue, queues)}"
        return
    pool = (pipelines.gpu.pool or OWN) if pipelines.gpu else None
    for name, step in pipelines.steps.items():
        path, team = f"pipelines.steps.{name}", step.queue or pipelines.queue
        if team is None:
            continue
        if team not in queues.teams:
            yield f"{path}.queue: {_no_team(team, queues)}"
        else:
            yield from _too_large(path, step, team, pool, queues)


def _no_team(team: str, queues: QueueSettings) -> str:
    return f"there is no team `{team}` under `queues.teams`; write one of {', '.join(queues.teams)}"


def _too_large(path: str, step: StepSettings, team: str, pool: str | None, queues: QueueSettings) -> Iterator[str]:
    raised = f"raise the quota under `queues.teams.{team}`, or what it may borrow"
    if step.gpus and pool and step.gpus > (most := queues.most_gpus(team, pool)):
        yield f"{path}.gpus: {step.gpus} of `{pool}`, and `{team}` has at most {most} with all it can borrow; {raised}"
    for resource, asked in (("cpu", step.resources.cpu), ("memory", step.resources.memory)):
        if amount(asked) > queues.most(team, resource):  # type: ignore[arg-type]
            yield f"{path}.resources.{resource}: {asked} is more than `{team}` has with all it can borrow; {raised}"
