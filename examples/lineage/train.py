"""Train on a table and on features out of Feast, and tell MLflow what was read, so that the model's record leads there.

TABLE is a file, such as one below the mount of a Dataset, and TABLE_SOURCE the bucket/key that DataHub knows it by.
FEATURES_URL is Feast's online server, FEATURES_TOKEN_FILE a file with a token that it lets in, FEATURES_SERVICE is
<project>.<feature service>. Without either of them the model is trained on what is left.
"""

import hashlib
import json
import os
import sys
from pathlib import Path

import mlflow
import pandas
import requests
from mlflow.entities import Dataset, DatasetInput, InputTag
from sklearn.linear_model import LinearRegression

COLUMNS = ["driver_id", "trips_today", "rating"]
MADE_UP = pandas.DataFrame({"driver_id": [1001, 1002, 1003], "trips_today": [4, 9, 12], "rating": [3.1, 4.2, 4.8]})


def table() -> tuple[pandas.DataFrame, list[DatasetInput]]:
    """What to learn from, and how the run names it."""
    if "TABLE" not in os.environ:
        return MADE_UP, []
    path, source = os.environ["TABLE"], os.environ["TABLE_SOURCE"]
    # Of a column-wise file no more is read than is learnt from.
    found = pandas.read_parquet(path, columns=COLUMNS) if path.endswith(".parquet") else pandas.read_csv(path)
    # The bucket's own recipe puts its files under this name, so that both records meet.
    known = mlflow.data.from_pandas(found, source=f"s3://{source}", name=source)._to_mlflow_entity()
    return found, [DatasetInput(known, [InputTag("mlflow.data.context", "training")])]


def features(drivers: list[int]) -> tuple[pandas.DataFrame | None, list[DatasetInput]]:
    """The newest values for these drivers, and how the run names where they are from."""
    if "FEATURES_URL" not in os.environ:
        return None, []
    service = os.environ["FEATURES_SERVICE"]
    token = os.environ.get("FEATURES_TOKEN_FILE")
    answer = requests.post(
        f"{os.environ['FEATURES_URL']}/get-online-features",
        json={
            "feature_service": service.partition(".")[2],
            "entities": {"driver_id": drivers},
            # <view>__<feature>: two views may have features of one name.
            "full_feature_names": True,
        },
        headers={"Authorization": f"Bearer {Path(token).read_text().strip()}"} if token else {},
        timeout=60,
    )
    answer.raise_for_status()
    said = answer.json()
    names, columns = said["metadata"]["feature_names"], [column["values"] for column in said["results"]]
    found = pandas.DataFrame(dict(zip(names, columns, strict=True)))
    if found.isna().any(axis=None):
        sys.exit(f"{service} has no values for some drivers yet: materialise the features, then run this again")
    given = [name.replace("__", ":") for name in found.columns if "__" in name]
    source = json.dumps({"service": service, "url": os.environ["FEATURES_URL"]})
    digest = hashlib.sha256(found.to_json().encode()).hexdigest()[:8]
    schema = {"mlflow_colspec": [{"name": name, "type": "double"} for name in given]}
    known = Dataset(service, digest, "feast", source, schema=json.dumps(schema))
    return found, [DatasetInput(known, [InputTag("features", ",".join(given))])]


def main(model_name: str) -> None:
    rows, read = table()
    newest, got = features(sorted(int(driver) for driver in rows["driver_id"].unique()))
    joined = rows if newest is None else rows.merge(newest, on="driver_id")
    inputs = joined[["trips_today", *(name for name in joined.columns if "__" in name)]].astype(float)
    with mlflow.start_run() as run:
        if read or got:
            mlflow.MlflowClient().log_inputs(run.info.run_id, datasets=[*read, *got])
        model = LinearRegression().fit(inputs, joined["rating"])
        mlflow.log_metric("r2", model.score(inputs, joined["rating"]))
        made = mlflow.sklearn.log_model(model, name="model", registered_model_name=model_name)
    print(f"registered {model_name} version {made.registered_model_version} by run {run.info.run_id}")


if __name__ == "__main__":
    main(sys.argv[1])
