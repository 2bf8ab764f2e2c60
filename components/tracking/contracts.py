"""What the tracking layer hands to whatever trains, registers or serves a model."""

from typing import Self

from pulumi import Output

from ..base import Args, Secret, Text
from ..k8s.network import Peer
from ..metadata.contracts import Recipe

# Since 3.17 the server offers presigned URLs whenever its store can make them, and has no switch for it; a client that
# takes the offer goes to the bucket itself, where no wire leads it.
THROUGH_THE_SERVER = {
    "MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD": "false",
    "MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD": "false",
}


class Login(Args):
    """A user of the tracking server."""

    username: Text
    password: Secret


class TrackingServer(Args):
    """Where to log, and as whom; artefacts go through the server, so a client needs no key to the bucket."""

    url: Text
    username: Text
    password: Secret
    reader: Login | None = None
    """Who may log nothing, if there is such a user: for those that read runs, or load models."""
    peer: Peer | None = None

    def read_only(self) -> Self:
        """The same for a client that changes nothing."""
        return self.model_copy(update=dict(self.reader)) if self.reader else self

    @property
    def environment(self) -> dict[str, Text]:
        """The plain part of what MLflow's client reads from its environment."""
        return {"MLFLOW_TRACKING_URI": self.url, **THROUGH_THE_SERVER}

    @property
    def credentials(self) -> dict[str, Output[str]]:
        """For a Kubernetes Secret that a pod reads as its environment."""
        return {
            "MLFLOW_TRACKING_USERNAME": Output.from_input(self.username),
            "MLFLOW_TRACKING_PASSWORD": self.password,
        }

    @property
    def recipe(self) -> Recipe:
        """Experiments, runs with what they read, and registered models, for the metadata catalogue."""
        return Recipe(
            source="mlflow_runs.MlflowRuns",
            config={
                "tracking_uri": self.url,
                # What a run says that it has read becomes a dataset under the name that the run gave it.
                "materialize_dataset_inputs": True,
            },
            secrets=self.read_only().credentials,
            environment=THROUGH_THE_SERVER,
            peers=(self.peer,) if self.peer else (),
        )
