"""Train a small classifier, log how it went, and register the model under the alias `champion`."""

import os
import sys

import boto3
import mlflow
import pandas
from data import place
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split


def read() -> tuple[pandas.DataFrame, str | None]:
    """From the folder that a pipeline's step is given; a run elsewhere takes scikit-learn's own copy."""
    if "ARTIFACTS" not in os.environ:
        return load_iris(as_frame=True).frame, None
    bucket, key = place()
    print(f"reading s3://{bucket}/{key}")
    return pandas.read_csv(boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"]), f"{bucket}/{key}"


def main(strength: float, model_name: str) -> None:
    """`strength` is the inverse of the regularisation, above zero."""
    table, source = read()
    features, labels = table.drop(columns="target"), table["target"]
    seen, unseen, seen_labels, unseen_labels = train_test_split(features, labels, random_state=7)
    with mlflow.start_run():
        if source:
            # By this name the metadata catalogue knows the file, so the model's record leads to it.
            mlflow.log_input(mlflow.data.from_pandas(table, source=f"s3://{source}", name=source, targets="target"))
        mlflow.log_param("solver", "lbfgs")
        model = LogisticRegression(C=strength, max_iter=500).fit(seen, seen_labels)
        mlflow.log_metric("accuracy", accuracy_score(unseen_labels, model.predict(unseen)))
        logged = mlflow.sklearn.log_model(
            model, name="model", input_example=seen.head(1), registered_model_name=model_name
        )
    mlflow.MlflowClient().set_registered_model_alias(model_name, "champion", logged.registered_model_version)
    print(f"registered {model_name} version {logged.registered_model_version}")


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2])
