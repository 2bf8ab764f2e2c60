"""Train a small classifier, log how it went, and register the model under the alias `champion`."""

import sys

import mlflow
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split


def main(strength: float, model_name: str) -> None:
    """`strength` is the inverse of the regularisation, above zero."""
    features, labels = load_iris(return_X_y=True, as_frame=True)
    seen, unseen, seen_labels, unseen_labels = train_test_split(features, labels, random_state=7)
    with mlflow.start_run():
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
