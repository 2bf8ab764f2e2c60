"""Another repository moves to this version: what it has in its state is taken over, and nothing is made anew."""

import json
import re
from collections import defaultdict
from dataclasses import replace

import pytest

from tests import api
from tests.engine.consumer import PROGRAM, STATES, WITHOUT_WAITING, replay
from tests.engine.project import Project

VERSIONS = sorted(file.name.removesuffix(".json.gz") for file in STATES.glob("*.json.gz"))
MADE_ANEW = {"Job", "ConfigMap", "Secret"}
"""What can't be changed in place, and holds nothing of its own: what is in Secrets is kept by RandomPassword."""


@pytest.fixture
def consumer(bare_project: Project) -> Project:
    """On no cluster: what the engine plans follows from the state and the program."""
    return replace(bare_project, environment={**bare_project.environment, "KUBERNETES_PLAN_ONLY": "true"})


def planned(project: Project) -> tuple[int, dict[str, set[tuple[str, str]]]]:
    """How many stay as they are, and: what is to be done -> (kind, name) of all that it is to be done with."""
    text = project.preview("--json").text
    plan = json.loads(text[text.index("{") : text.rindex("}") + 1])
    steps: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for step in plan["steps"]:
        _, kinds, name = step["urn"].rsplit("::", 2)
        steps[step["op"]].add((kinds.rpartition(":")[2], name))
    return plan["changeSummary"].get("same", 0), steps


def test_the_last_releases_state_is_kept():
    """`python -m tests.engine.consumer` writes it, with each release."""
    assert api.released() in VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_that_holds_something_is_replaced_or_deleted(consumer: Project, version: str):
    replay(consumer, version)
    consumer.write(WITHOUT_WAITING + PROGRAM)
    kept, steps = planned(consumer)
    assert kept + len(steps["update"]) > 100
    harmless = ("same", "update", "create")
    gone = {thing for done, things in steps.items() if done not in harmless for thing in things}
    assert {kind for kind, _ in gone} <= MADE_ANEW, gone


def test_another_size_and_class_leave_every_stateful_set_with_the_volumes_that_it_has(consumer: Project):
    replay(consumer, VERSIONS[-1])
    bigger = '{"size": "99Gi", "storageClass": "other"}'
    program, changed = re.subn(r"(Postgres|MariaDb|Valkey|Kafka)Args\(\*\*here", rf"\g<0>, settings={bigger}", PROGRAM)
    assert changed == 4
    consumer.write(WITHOUT_WAITING + program)
    _, steps = planned(consumer)
    assert {done for done, things in steps.items() if "StatefulSet" in dict(things)} <= {"same", "update"}


def test_a_changed_name_would_be_seen(consumer: Project):
    replay(consumer, VERSIONS[-1])
    consumer.write(WITHOUT_WAITING + re.sub(r'Postgres\(\s*"postgres"', 'Postgres("records"', PROGRAM))
    _, steps = planned(consumer)
    assert ("StatefulSet", "postgres-server") in steps["delete"]
    assert ("StatefulSet", "records-server") in steps["create"]
