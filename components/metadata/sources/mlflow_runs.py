"""MLflow as DataHub's own source reads it, and beside that which features of the feature store a model was made from.

A run names a feature service as an input of the type `feast`: its name is <project>.<service>, and its tag `features`
lists what the service gave, as <view>:<feature>, comma-separated.
"""

from collections.abc import Iterator

from datahub.emitter.mce_builder import make_ml_feature_urn
from datahub.ingestion.api.decorators import SupportStatus, config_class, platform_name, support_status
from datahub.ingestion.api.workunit import MetadataWorkUnit
from datahub.ingestion.source.mlflow import MLflowConfig, MLflowSource
from mlflow.entities import Run
from mlflow.entities.model_registry import ModelVersion, RegisteredModel

FEATURES = "features"


@platform_name("MLflow")
@config_class(MLflowConfig)
@support_status(SupportStatus.TESTING)
class MlflowRuns(MLflowSource):
    """The source of the same package, with one edge more."""

    def _get_ml_model_properties_workunit(
        self, registered_model: RegisteredModel, model_version: ModelVersion, run: Run | None
    ) -> MetadataWorkUnit:
        unit = super()._get_ml_model_properties_workunit(registered_model, model_version, run)
        if run and (features := sorted(set(features_of(run)))):
            unit.metadata.aspect.mlFeatures = features
        return unit


def features_of(run: Run) -> Iterator[str]:
    """By the names that DataHub's source of Feast gives them."""
    for given in run.inputs.dataset_inputs:
        if given.dataset.source_type != "feast":
            continue
        project = given.dataset.name.partition(".")[0]
        tags = {tag.key: tag.value for tag in given.tags}
        for reference in filter(None, tags.get(FEATURES, "").split(",")):
            view, _, feature = reference.partition(":")
            yield make_ml_feature_urn(f"{project}.{view}", feature)
