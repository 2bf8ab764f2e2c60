"""Train a small classifier, log how it went, and register the model under the alias `champion`."""

import sys

import mlflow
from sklearn.datasets import load_iris
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier


def main(max_depth: int, model_name: str) -> None:
    features, labels = load_iris(return_X_y=True, as_frame=True)
    seen, unseen, seen_labels, unseen_labels = train_test_split(features, labels, random_state=7)
    with mlflow.start_run():
        mlflow.log_param("depth", max_depth)
        model = DecisionTreeClassifier(max_depth=max_depth, random_state=7).fit(seen, seen_labels)
        mlflow.log_metric("accuracy", accuracy_score(unseen_labels, model.predict(unseen)))
        logged = mlflow.sklearn.log_model(
            model, name="model", input_example=seen.head(1), registered_model_name=model_name
        )
    mlflow.MlflowClient().set_registered_model_alias(model_name, "champion", logged.registered_model_version)
    print(f"registered {model_name} version {logged.registered_model_version}")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
