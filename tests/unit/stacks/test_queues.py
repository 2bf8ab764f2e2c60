"""Queues that can't be: each is refused before anything is made, by its path, with the way out."""

import copy
from typing import Any

import pytest

from stacks.environment import Environment

TEAM = {"cpu": {"quota": "8"}, "memory": {"quota": "16Gi"}}
POOL = {"accelerator": "H100", "perNode": 4, "nodes": ["gpu-1"], "cpu": 60, "memory": "400Gi"}
STEP = {"source": "examples/training", "command": ["python", "train.py"]}
GOOD: dict[str, Any] = {
    "cluster": {"gpuPools": {"training": POOL}},
    "objectStore": {},
    "database": {},
    "tracking": {},
    "argo": {},
    "queues": {
        "teams": {
            "red": {**TEAM, "gpus": {"training": {"quota": 2, "borrow": 1}}},
            "blue": {**TEAM, "gpus": {"training": {"quota": 2}}},
        }
    },
    "pipelines": {"gpu": {"pool": "training"}, "queue": "red", "steps": {"x": {**STEP, "gpus": 3}}},
}


def mistakes(changed: dict[str, Any]) -> list[str]:
    """Of the good file with some values replaced, or taken out where one is None; keys are paths."""
    raw = copy.deepcopy(GOOD)
    for path, value in changed.items():
        *above, last = path.split(".")
        place = raw
        for key in above:
            place = place[key]
        place.pop(last, None)
        if value is not None:
            place[last] = value
    return Environment.read(raw)[1]


def test_a_file_whose_quotas_can_be_given_is_taken():
    assert mistakes({}) == []


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (
            {"queues.teams.red.gpus.trainig": {"quota": 1}},
            "queues.teams.red.gpus.trainig: there is no such pool of GPUs; the pools are training",
        ),
        (
            {"queues.teams.blue.gpus.training": {"quota": 3}},
            "queues.teams: the quotas of `training` are 5 GPUs together and its nodes have at most 4; lower them, or",
        ),
        (
            {"queues.teams.blue.gpus.training": {"quota": 2, "lend": 3}},
            "queues.teams.blue.gpus.training: lend is 3 and quota 2: a team lends its own; write no more than that",
        ),
        (
            {"queues.teams.blue.cpu": {"quota": "8", "lend": "9"}},
            "queues.teams.blue.cpu: lend is 9 and quota 8: a team lends its own",
        ),
        (
            {"pipelines.steps.x.gpus": 4},
            "pipelines.steps.x.gpus: 4 of `training`, and `red` has at most 3 with all it can borrow; raise the quota",
        ),
        (
            {"queues.teams.blue.gpus.training": {"quota": 2, "lend": 0}},
            "pipelines.steps.x.gpus: 3 of `training`, and `red` has at most 2 with all it can borrow",
        ),
        (
            {"pipelines.steps.x.resources": {"memory": "40Gi"}},
            "pipelines.steps.x.resources.memory: 40Gi is more than `red` has with all it can borrow",
        ),
        (
            {"pipelines.queue": "green"},
            "pipelines.queue: there is no team `green` under `queues.teams`; write one of red",
        ),
        ({"pipelines.steps.x.queue": "green"}, "pipelines.steps.x.queue: there is no team `green`"),
        ({"queues": None}, "pipelines.queue: there are no queues; add a section `queues:` with a team `red`"),
        ({"argo": None}, "queues: no engine is on whose steps could wait; add one"),
        ({"queues.teams": {}}, "queues.teams: Dictionary should have at least 1 item"),
    ],
)
def test_what_cannot_be_is_told_by_its_path_with_the_way_out(changed: dict[str, Any], told: str):
    found = mistakes(changed)
    assert [line for line in found if line.startswith(told)], found


def test_queues_without_pipelines_are_told_as_a_missing_layer():
    found = mistakes({"pipelines": None, "argo": None})
    assert found == [
        "queues: needs the layer `pipelines`, which is off; add a section `pipelines:` or remove `queues:`"
    ]


def test_the_pool_that_only_the_pipelines_know_of_is_called_gpu():
    own = {"cluster": None, "pipelines.gpu": {"nodeLabels": {"a": "b"}}}
    shares = {f"queues.teams.{team}.gpus": {"gpu": {"quota": 4}} for team in ("red", "blue")}
    assert mistakes({**own, **shares}) == []
