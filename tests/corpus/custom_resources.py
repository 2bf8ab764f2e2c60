"""Custom resources of the systems that a platform like this one meets, each with an image in one of its fields.

The fields are those of the systems' own definitions. `{image}` stands for the image, `{repository}`, `{tag}`,
`{registry}` and `{last}` for its parts.
"""

import json
from collections.abc import Iterator
from typing import Any

_POD = {"containers": [{"name": "one", "image": "{image}"}]}
_INIT = {
    "containers": [{"name": "one", "image": "docker.io/valkey/valkey:9.1.1"}],
    "initContainers": [{"image": "{image}"}],
}
_VOLUME = {"volumes": [{"name": "model", "image": {"reference": "{image}"}}]}
_TEMPLATE = {"template": {"spec": _POD}}
_PAIR = {"image": "{repository}", "imageTag": "{tag}"}
_TRIPLE = {"repository": "{registry}", "image": "{last}", "version": "{tag}"}
_STEP = {"container": {"image": "{image}"}}

ARGO, RAY, SPARK = "argoproj.io/v1alpha1", "ray.io/v1", "sparkoperator.k8s.io/v1beta2"
KSERVE, FLUID, CNPG = "serving.kserve.io/v1beta1", "data.fluid.io/v1alpha1", "postgresql.cnpg.io/v1"
STRIMZI, TRAINING, TRAINER = "kafka.strimzi.io/v1", "kubeflow.org/v1", "trainer.kubeflow.org/v1alpha1"
PROMETHEUS, NVIDIA = "monitoring.coreos.com/v1", "nvidia.com/v1"

# Kind, API version, and the spec in which one image stands.
RESOURCES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("Workflow", ARGO, {"templates": [_STEP]}),
    (
        "Workflow",
        ARGO,
        {"templates": [{"name": "other", "suspend": {}}, {"script": {"image": "{image}", "source": "x"}}]},
    ),
    ("Workflow", ARGO, {"templates": [{"containerSet": {"containers": [{"name": "a", "image": "{image}"}]}}]}),
    ("Workflow", ARGO, {"templates": [{"initContainers": [{"name": "a", "image": "{image}"}]}]}),
    ("Workflow", ARGO, {"templates": [{"sidecars": [{"name": "a", "image": "{image}"}]}]}),
    ("Workflow", ARGO, {"templates": [_VOLUME]}),
    ("Workflow", ARGO, {"templates": [{"steps": [[{"name": "a", "inline": _STEP}]]}]}),
    (
        "Workflow",
        ARGO,
        {"templates": [{"dag": {"tasks": [{"name": "a", "inline": {"steps": [[{"inline": _STEP}]]}}]}}]},
    ),
    ("Workflow", ARGO, {"templateDefaults": _STEP}),
    ("Workflow", ARGO, _VOLUME),
    ("Workflow", ARGO, {"executorPlugins": [{"spec": {"sidecar": {"container": {"image": "{image}"}}}}]}),
    ("WorkflowTemplate", ARGO, {"templates": [_STEP]}),
    ("ClusterWorkflowTemplate", ARGO, {"templates": [_STEP]}),
    ("CronWorkflow", ARGO, {"schedules": ["0 0 * * *"], "workflowSpec": {"templates": [_STEP]}}),
    ("WorkflowTaskSet", ARGO, {"tasks": {"one": _STEP}}),
    ("Cluster", CNPG, {"instances": 3, "imageName": "{image}"}),
    ("ImageCatalog", CNPG, {"images": [{"major": 17, "image": "{image}"}]}),
    ("ClusterImageCatalog", CNPG, {"images": [{"major": 17, "image": "{image}"}]}),
    (
        "ImageCatalog",
        CNPG,
        {"images": [{"major": 17, "extensions": [{"name": "a", "image": {"reference": "{image}"}}]}]},
    ),
    ("Pooler", CNPG, {"pgbouncer": {"poolMode": "session", "image": "{image}"}}),
    ("Pooler", CNPG, _TEMPLATE),
    ("Kafka", STRIMZI, {"kafka": {"replicas": 3, "image": "{image}"}}),
    ("Kafka", STRIMZI, {"kafka": {"brokerRackInitImage": "{image}"}}),
    ("Kafka", STRIMZI, {"entityOperator": {"topicOperator": {"image": "{image}"}}}),
    ("Kafka", STRIMZI, {"entityOperator": {"userOperator": {"image": "{image}"}}}),
    ("Kafka", STRIMZI, {"cruiseControl": {"image": "{image}"}}),
    ("Kafka", STRIMZI, {"kafkaExporter": {"image": "{image}"}}),
    ("Kafka", STRIMZI, {"kafka": {"template": {"pod": _VOLUME}}}),
    ("KafkaConnect", STRIMZI, {"image": "{image}"}),
    ("KafkaConnect", STRIMZI, {"clientRackInitImage": "{image}"}),
    ("KafkaConnect", STRIMZI, {"template": {"buildPod": _VOLUME}}),
    ("KafkaMirrorMaker2", STRIMZI, {"image": "{image}"}),
    ("KafkaBridge", STRIMZI, {"image": "{image}"}),
    ("KafkaNodePool", STRIMZI, {"template": {"pod": _VOLUME}}),
    ("RayCluster", RAY, {"headGroupSpec": _TEMPLATE}),
    ("RayCluster", RAY, {"workerGroupSpecs": [{"groupName": "a", **_TEMPLATE}]}),
    ("RayCluster", RAY, {"workerGroupSpecs": [{"groupName": "a", "template": {"spec": _INIT}}]}),
    ("RayCluster", RAY, {"autoscalerOptions": {"image": "{image}"}}),
    ("RayJob", RAY, {"rayClusterSpec": {"headGroupSpec": _TEMPLATE}}),
    ("RayJob", RAY, {"submitterPodTemplate": {"spec": _POD}}),
    ("RayService", RAY, {"rayClusterConfig": {"workerGroupSpecs": [_TEMPLATE]}}),
    ("RayCronJob", RAY, {"jobTemplate": {"rayClusterSpec": {"headGroupSpec": _TEMPLATE}}}),
    ("SparkApplication", SPARK, {"image": "{image}"}),
    ("SparkApplication", SPARK, {"driver": {"image": "{image}"}}),
    ("SparkApplication", SPARK, {"executor": {"sidecars": [{"name": "a", "image": "{image}"}]}}),
    ("SparkApplication", SPARK, {"driver": {"initContainers": [{"name": "a", "image": "{image}"}]}}),
    ("SparkApplication", SPARK, {"driver": _TEMPLATE}),
    ("SparkApplication", SPARK, _VOLUME),
    ("SparkApplication", SPARK, {"sparkConf": {"spark.kubernetes.container.image": "{image}"}}),
    ("SparkApplication", SPARK, {"sparkConf": {"spark.kubernetes.executor.container.image": "{image}"}}),
    ("ScheduledSparkApplication", SPARK, {"template": {"executor": {"image": "{image}"}}}),
    ("SparkConnect", SPARK.replace("v1beta2", "v1alpha1"), {"server": _TEMPLATE}),
    ("InferenceService", KSERVE, {"predictor": _POD}),
    ("InferenceService", KSERVE, {"predictor": {"sklearn": {"image": "{image}"}}}),
    ("InferenceService", KSERVE, {"predictor": {"workerSpec": _POD}}),
    ("InferenceService", KSERVE, {"transformer": _INIT}),
    ("InferenceService", KSERVE, {"predictor": {"model": {"storageUri": "oci://{image}"}}}),
    ("InferenceService", KSERVE, {"canary": [{"predictor": _POD}]}),
    ("ServingRuntime", KSERVE.replace("v1beta1", "v1alpha1"), _POD),
    ("ClusterServingRuntime", KSERVE.replace("v1beta1", "v1alpha1"), _POD),
    ("ClusterStorageContainer", KSERVE.replace("v1beta1", "v1alpha1"), {"container": {"image": "{image}"}}),
    ("LLMInferenceService", KSERVE.replace("v1beta1", "v1alpha1"), {"prefill": {"worker": _POD}}),
    ("LLMInferenceService", KSERVE.replace("v1beta1", "v1alpha1"), {"router": {"scheduler": {"template": _POD}}}),
    ("AlluxioRuntime", FLUID, {"alluxioVersion": _PAIR}),
    ("AlluxioRuntime", FLUID, {"fuse": _PAIR}),
    ("AlluxioRuntime", FLUID, {"initUsers": _PAIR}),
    ("JuiceFSRuntime", FLUID, {"juicefsVersion": _PAIR}),
    ("JindoRuntime", FLUID, {"jindoVersion": _PAIR}),
    ("ThinRuntime", FLUID, {"worker": _PAIR}),
    ("ThinRuntimeProfile", FLUID, {"fuse": _PAIR}),
    ("DataProcess", FLUID, {"processor": {"script": {**_PAIR, "source": "x"}}}),
    ("DataProcess", FLUID, {"processor": {"job": {"podSpec": _POD}}}),
    ("DataMigrate", FLUID, _PAIR),
    ("PyTorchJob", TRAINING, {"pytorchReplicaSpecs": {"Worker": {"replicas": 2, **_TEMPLATE}}}),
    ("TFJob", TRAINING, {"tfReplicaSpecs": {"Chief": _TEMPLATE}}),
    ("MPIJob", TRAINING, {"mpiReplicaSpecs": {"Launcher": {"template": {"spec": _INIT}}}}),
    ("XGBoostJob", TRAINING, {"xgbReplicaSpecs": {"Master": _TEMPLATE}}),
    ("JAXJob", TRAINING, {"jaxReplicaSpecs": {"Worker": _TEMPLATE}}),
    ("Notebook", TRAINING, _TEMPLATE),
    ("PodDefault", "kubeflow.org/v1alpha1", {"sidecars": [{"name": "a", "image": "{image}"}]}),
    ("PVCViewer", "kubeflow.org/v1alpha1", {"podSpec": _POD}),
    ("TrainJob", TRAINER, {"trainer": {"image": "{image}"}}),
    (
        "TrainingRuntime",
        TRAINER,
        {"template": {"spec": {"replicatedJobs": [{"template": {"spec": {"template": {"spec": _POD}}}}]}}},
    ),
    ("Prometheus", PROMETHEUS, {"image": "{image}"}),
    ("Prometheus", PROMETHEUS, {"thanos": {"image": "{image}"}}),
    ("Alertmanager", PROMETHEUS, _POD),
    ("ScaledJob", "keda.sh/v1alpha1", {"jobTargetRef": _TEMPLATE}),
    ("FeatureStore", "feast.dev/v1", {"services": {"onlineStore": {"server": {"image": "{image}"}}}}),
    ("FeatureStore", "feast.dev/v1", {"cronJob": {"containerConfigs": {"image": "{image}"}}}),
    ("ClusterPolicy", NVIDIA, {"driver": _TRIPLE}),
    ("ClusterPolicy", NVIDIA, {"migManager": {"enabled": True, **_TRIPLE}}),
    ("NVIDIADriver", NVIDIA.replace("v1", "v1alpha1"), _TRIPLE),
    ("FlinkDeployment", "flink.apache.org/v1beta1", {"image": "{image}"}),
    ("FlinkDeployment", "flink.apache.org/v1beta1", {"taskManager": {"podTemplate": {"spec": _POD}}}),
    ("NuclioFunction", "nuclio.io/v1beta1", {"image": "{image}"}),
    ("NuclioFunction", "nuclio.io/v1beta1", {"build": {"baseImage": "{image}"}}),
    ("Unheard", "example.org/v1", {"image": {"repository": "{repository}", "tag": "{tag}"}}),
    ("Unheard", "example.org/v1", {"image": {"registry": "{registry}", "repository": "{last}", "tag": "{tag}"}}),
    ("Unheard", "example.org/v1", {"images": {"cache": {"repository": "{repository}", "tag": "{tag}"}}}),
    ("Unheard", "example.org/v1", {"images": ["{image}"]}),
    ("Unheard", "example.org/v1", {"images": {"cache": "{image}"}}),
    ("Unheard", "example.org/v1", {"images": "docker.io/valkey/valkey:9.1.1, {image}"}),
    ("Unheard", "example.org/v1", {"deep": [[{"deeper": [{"jobImageName": "{image}"}]}]]}),
    ("Unheard", "example.org/v1", {"image": {"main": {"image": "{image}"}}}),
    ("Unheard", "example.org/v1", {"metadata": {"image": "{image}"}}),
    ("Unheard", "example.org/v1", {"object": {"apiVersion": "v1", "kind": "Pod", "spec": _POD}}),
)


def custom_resources(image: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """All of them with that image, by name."""
    repository, _, tag = image.rpartition(":")
    registry, _, last = repository.rpartition("/")
    parts = {"image": image, "repository": repository, "tag": tag, "registry": registry, "last": last}
    for kind, version, spec in RESOURCES:
        text = json.dumps(spec)
        where = text
        for part, value in parts.items():
            text = text.replace(f"{{{part}}}", value)
        made = {"apiVersion": version, "kind": kind, "metadata": {"name": "corpus"}, "spec": json.loads(text)}
        yield f"{kind}, {where}", made
