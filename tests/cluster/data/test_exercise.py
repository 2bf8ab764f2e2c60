"""One step on every engine: it reads a Dataset's path, asks Feast for features, and logs to MLflow what it read."""

import json
from typing import Any

from tests.cluster.data.conftest import STARTS, run
from tests.cluster.platform import Platform

TABLE = "features/drivers/hourly.parquet"
FEATURES = "features.driver_ranking"


def test_the_same_step_learns_from_a_dataset_and_from_features_on_every_engine(
    platform: Platform, ranked: dict[str, dict[str, Any]]
):
    assert ranked.keys() == STARTS.keys()
    for engine, version in ranked.items():
        found = run(platform, version["run_id"])
        read = {one["dataset"]["name"]: one["dataset"] for one in found["inputs"]["dataset_inputs"]}
        assert read.keys() == {TABLE, FEATURES}, engine
        assert "driver_statistics:rating" in read[FEATURES]["schema"], engine
        # The whole history, and not only what is made up where there is no file.
        assert int(json.loads(read[TABLE]["profile"])["num_rows"]) > 100, engine


def test_on_every_engine_the_step_ran_on_the_quota_of_its_team(platform: Platform, ranked: dict[str, dict[str, Any]]):
    for engine in ranked:
        place = platform.namespace(f"{engine}-runs")
        told = platform.kubectl("get", "events", "-n", place, "--field-selector=reason=Admitted", "-o", "name")
        assert told, f"{engine}: Kueue has admitted nothing"
