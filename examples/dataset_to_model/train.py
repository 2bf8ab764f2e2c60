"""Learn from a team's own table, which the step finds as a file, and register what was learnt.

DATA is a CSV with a column `target`; its folder is a data set: part of a bucket, cached near the pod and mounted in it.
"""

import os
import sys

import mlflow
import pandas
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split


def main(model_name: str) -> None:
    table = pandas.read_csv(os.environ["DATA"])
    features, labels = table.drop(columns="target"), table["target"]
    seen, unseen, seen_labels, unseen_labels = train_test_split(features, labels, random_state=7)
    with mlflow.start_run():
        # By this name the metadata catalogue knows the file, so the model's record leads to it.
        source = os.environ["SOURCE"]
        mlflow.log_input(mlflow.data.from_pandas(table, source=f"s3://{source}", name=source, targets="target"))
        model = RandomForestClassifier(random_state=7).fit(seen, seen_labels)
        mlflow.log_metric("accuracy", accuracy_score(unseen_labels, model.predict(unseen)))
        mlflow.sklearn.log_model(model, name="model", input_example=seen.head(1), registered_model_name=model_name)


if __name__ == "__main__":
    main(sys.argv[1])
