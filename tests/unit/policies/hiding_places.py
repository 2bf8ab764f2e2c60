"""Where an image may hide, and what only looks like one."""

import base64
import json
from typing import Any

from tests.unit.policies.analysis import DEPLOYMENT, UNKNOWN, deployment, pod, refusals

BAD, GOOD = "redis:7.4.1", "docker.io/valkey/valkey:9.1.1"
BAD_IN_FULL = f"docker.io/library/{BAD}"
GOOD_SHA = f"{GOOD}@sha256:" + "0" * 64
POD = {"apiVersion": "v1", "kind": "Pod", "spec": pod(BAD)}


def template(image: str = BAD, **spec: Any) -> dict[str, Any]:
    return {"spec": {"template": {"spec": pod(image, **spec)}}}


def in_pod(**spec: Any) -> dict[str, Any]:
    return {"spec": pod(GOOD, **spec)}


def env(**variables: str) -> dict[str, Any]:
    return in_container(env=[{"name": name, "value": value} for name, value in variables.items()])


def in_container(**fields: Any) -> dict[str, Any]:
    return {"spec": {"containers": [{"name": "main", "image": GOOD, **fields}]}}


def config_map(**data: str) -> dict[str, Any]:
    return {"data": data}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def core(kind: str) -> str:
    return f"kubernetes:core/v1:{kind}"


def custom(kind: str, group: str = "example.org/v1") -> str:
    return f"kubernetes:{group}:{kind}"


WORKLOADS = [
    (core("Pod"), {"spec": pod(BAD)}),
    (core("PodTemplate"), {"template": {"spec": pod(BAD)}}),
    (core("ReplicationController"), template()),
    ("kubernetes:apps/v1:Deployment", template()),
    ("kubernetes:apps/v1:StatefulSet", template()),
    ("kubernetes:apps/v1:DaemonSet", template()),
    ("kubernetes:apps/v1:ReplicaSet", template()),
    ("kubernetes:batch/v1:Job", template()),
    ("kubernetes:batch/v1:CronJob", {"spec": {"jobTemplate": template()}}),
]
OLD = [
    ("kubernetes:extensions/v1beta1:Deployment", template()),
    ("kubernetes:extensions/v1beta1:DaemonSet", template()),
    ("kubernetes:apps/v1beta2:StatefulSet", template()),
    ("kubernetes:batch/v1beta1:CronJob", {"spec": {"jobTemplate": template()}}),
    ("kubernetes:apps/v1:ControllerRevision", {"data": template()}),
]
IN_A_POD = [
    {"spec": {"initContainers": [{"image": BAD}]}},
    {"spec": {"ephemeralContainers": [{"image": BAD}]}},
    in_pod(initContainers=[{"image": GOOD}, {"image": BAD}]),
    in_pod(volumes=[{"name": "model", "image": {"reference": BAD, "pullPolicy": "Always"}}]),
    {"metadata": {"annotations": {"sidecar.istio.io/proxyImage": BAD}}, **in_pod()},
    {"metadata": {"annotations": {"config.linkerd.io/proxy-image": BAD}}, **in_pod()},
    env(POSTGRES_IMAGE_NAME=BAD),
    env(STRIMZI_DEFAULT_MAVEN_BUILDER_IMAGE=BAD),
    env(RELATED_IMAGE_SERVER=BAD),
    env(DEFAULT_INIT_IMAGE_ENV=BAD),
    env(ALLUXIO_RUNTIME_IMAGE_ENV=BAD),
    env(MLRUN_FUNCTION_DEFAULTS__IMAGE_BY_KIND__JOB=BAD),
    env(MLRUN_HTTPDB__BUILDER__KANIKO_INIT_CONTAINER_IMAGE=BAD),
    env(STRIMZI_DEFAULT_MAVEN_BUILDER=BAD),
    env(V2_LAUNCHER_IMAGE=BAD),
    env(STRIMZI_KAFKA_IMAGES=f"4.2.0={GOOD}\n4.3.1={BAD}"),
    env(WORKER_IMAGES=f"{GOOD}, {BAD}"),
    env(worker_image=BAD),
    env(
        AIRFLOW__KUBERNETES_EXECUTOR__WORKER_CONTAINER_REPOSITORY="redis",
        X="1",
        **{"AIRFLOW__KUBERNETES_EXECUTOR__WORKER_CONTAINER_TAG": "7.4.1"},
    ),
    env(worker_container_repository="redis", worker_container_tag="7.4.1"),
    env(HARMLESS=BAD_IN_FULL),
    env(BASE=BAD, JOB_IMAGE="$(BASE)"),
    env(JOB_IMAGES=json.dumps({"cache": {"image": BAD}})),
    env(JOB_IMAGES=json.dumps([GOOD, BAD])),
    env(JOB_IMAGES=json.dumps({"cache": BAD})),
    in_container(args=[f"--executor-image={BAD}"]),
    in_container(args=["--executor-image", BAD]),
    in_container(args=["--image", BAD, "--verbose"]),
    in_container(args=["--conf", f"spark.kubernetes.container.image={BAD}"]),
    in_container(args=[f"--acme-http01-solver-image={BAD}"]),
    in_container(command=["run", BAD_IN_FULL]),
    in_container(command=["env", f"BASE={BAD_IN_FULL}"]),
    in_container(env=[{"name": "HOST", "value": "docker.io"}], args=[f"$(HOST)/library/{BAD}"]),
    in_container(args=[3, "--image", BAD]),
    in_container(args=[UNKNOWN, "--image", BAD]),
    in_container(args=[f"--kafka-images=4.2.0={GOOD},4.3.1={BAD}"]),
    env(JOB_IMAGES=" " + json.dumps([GOOD, BAD])),
    in_container(args=[f"--prometheus-config-reloader={BAD_IN_FULL}"]),
    in_container(env=[{"name": "WHICH", "value": BAD}], args=["--image=$(WHICH)"]),
    in_container(args=["-c", f"kubectl apply -f - <<E\nkind: Pod\nspec:\n  containers:\n  - image: {BAD}\nE"]),
]
CUSTOM = [
    ("Anything", {"spec": {"image": BAD}}),
    ("Anything", {"spec": {"deep": [{"deeper": [{"image": BAD}]}]}}),
    ("Anything", {"image": BAD}),
    ("Cluster", {"spec": {"imageName": BAD}}),
    ("ImageCatalog", {"spec": {"images": [{"major": 17, "image": BAD}]}}),
    ("Kafka", {"spec": {"kafka": {"brokerRackInitImage": BAD}}}),
    ("RayCluster", {"spec": {"workerGroupSpecs": [{"template": {"spec": pod(BAD)}}]}}),
    ("SparkApplication", {"spec": {"sparkConf": {"spark.kubernetes.container.image": BAD}}}),
    ("SparkApplication", {"spec": {"driver": {"sidecars": [{"image": BAD}]}}}),
    ("InferenceService", {"spec": {"predictor": {"sklearn": {"image": BAD}}}}),
    ("InferenceService", {"spec": {"predictor": {"model": {"storageUri": f"oci://{BAD_IN_FULL}"}}}}),
    ("AlluxioRuntime", {"spec": {"alluxioVersion": {"image": "redis", "imageTag": "7.4.1"}}}),
    ("ClusterPolicy", {"spec": {"driver": {"repository": "docker.io/library", "image": "redis", "version": "7.4.1"}}}),
    ("PyTorchJob", {"spec": {"pytorchReplicaSpecs": {"Worker": {"template": {"spec": pod(BAD)}}}}}),
    ("Prometheus", {"spec": {"thanos": {"image": BAD}, "containers": [{"image": GOOD}]}}),
    ("Workflow", {"spec": {"templates": [{"container": {"image": BAD}}]}}),
    ("Workflow", {"spec": {"templates": [{"script": {"image": BAD, "source": "x"}}]}}),
    ("Workflow", {"spec": {"templates": [{"containerSet": {"containers": [{"image": BAD}]}}]}}),
    ("Workflow", {"spec": {"templates": [{"steps": [[{"inline": {"container": {"image": BAD}}}]]}]}}),
    (
        "Workflow",
        {"spec": {"templates": [{"resource": {"manifest": f"kind: Pod\nspec:\n  containers:\n  - image: {BAD}"}}]}},
    ),
    ("Workflow", {"spec": {"podSpecPatch": json.dumps({"containers": [{"name": "main", "image": BAD}]})}}),
    ("Workflow", {"spec": {"podSpecPatch": f"containers: [{{name: main, image: '{BAD}'}}]"}}),
    ("WorkflowTaskSet", {"spec": {"tasks": {"one": {"container": {"image": BAD}}}}}),
    (
        "Chart",
        {"spec": {"values": {"image": {"registry": "docker.io", "repository": "library/redis", "tag": "7.4.1"}}}},
    ),
    ("Chart", {"spec": {"values": {"image": {"name": "redis", "tag": "7.4.1"}}}}),
    ("Chart", {"spec": {"values": {"image": {"main": {"image": BAD}}}}}),
    ("Chart", {"spec": {"image": {"registry": "", "repository": "docker.io/library/redis", "tag": "7.4.1"}}}),
    ("Chart", {"spec": {"image": {"registry": "ghcr.io", "reference": BAD_IN_FULL}}}),
    ("Chart", {"spec": {"image": {"reference": {"a": "b"}, "name": BAD}}}),
    ("Chart", {"spec": {"image": {"name": "redis", "nameTag": "7.4.1"}}}),
    ("Chart", {"spec": {"image": "redis", "imageTag": "", "tag": "7.4.1"}}),
    ("Chart", {"spec": {"image": BAD, "repository": "", "tag": "1"}}),
    ("Chart", {"spec": {"image": BAD, "repository": {"a": "b"}}}),
    ("Anything", {"spec": {"manifest": json.dumps({"image": BAD}, separators=(",", ":"))}}),
    ("Anything", {"spec": {"manifest": json.dumps([{"image": BAD}], separators=(",", ":"))}}),
    ("Anything", {"spec": {"manifest": f" {json.dumps({'image': BAD}, separators=(',', ':'))}"}}),
    ("Anything", {"spec": {"manifest": f"image:\n  {BAD}"}}),
    ("Config", {"spec": {"image_by_kind": {"job": BAD_IN_FULL}}}),
    ("Config", {"spec": {"images": [BAD_IN_FULL]}}),
    (
        "Config",
        {"spec": {"images": {"a": {"repository": "docker.io/library", "image": "redis", "version": "7.4.1"}}}},
    ),
    ("Config", {"spec": {"images": f"{GOOD},{BAD}"}}),
    ("Config", {"spec": {"default_base_image": BAD}}),
    ("ManifestWork", {"spec": {"workload": {"manifests": [POD]}}}),
    ("ManifestWork", {"spec": {"manifests": [{"apiVersion": "v1", "kind": "ConfigMap", "data": {"A_IMAGE": BAD}}]}}),
    ("AllowList", {"items": [], "spec": {"image": BAD}}),
]
TEXTS = [
    config_map(JOB_IMAGE=BAD),
    config_map(executor=f"image: {BAD}"),
    config_map(**{"pod_template_file.yaml": f"apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: {BAD}\n"}),
    config_map(**{"pod_template_file.yaml": f"{{% if x %}}\nspec:\n  containers:\n  - image: {BAD}\n{{% endif %}}\n"}),
    config_map(**{"two.yaml": f"a: 1\n---\nspec: {{containers: [{{image: '{BAD}'}}]}}\n"}),
    config_map(
        **{
            "airflow.cfg": "[kubernetes_executor]\nworker_container_repository = docker.io/library/redis\n"
            "worker_container_tag = 7.4.1\n"
        }
    ),
    config_map(**{"spark-defaults.conf": f"a=b\nspark.kubernetes.container.image={BAD_IN_FULL}\n"}),
    config_map(**{"values.json": json.dumps({"storageInitializer": {"image": BAD}})}),
    config_map(**{"values.json": json.dumps({"art": {"image": "redis", "defaultImageVersion": "7.4.1"}})}),
    config_map(
        **{
            "template.json": json.dumps(
                {
                    "variables": {"properties": {"image": {"type": "string", "default": BAD}}},
                    "job_configuration": {"image": "{{ image }}"},
                }
            )
        }
    ),
    config_map(
        **{
            "optional.json": json.dumps(
                {
                    "variables": {"properties": {"image": {"anyOf": [{"type": "string"}], "default": BAD}}},
                    "job_configuration": {"image": "{{ image }}"},
                }
            )
        }
    ),
    config_map(mainContainer=f"image: {BAD}"),
    config_map(artifactDrivers=f"- name: a\n  image: {BAD}\n"),
    config_map(localModel=json.dumps({"defaultJobImage": BAD})),
    config_map(**{"katib-config.yaml": f"runtime:\n  suggestions:\n  - algorithmName: a\n    image: {BAD}\n"}),
    config_map(**{"dagster.yaml": f"run_launcher:\n  config:\n    job_image: {BAD}\n"}),
    config_map(**{"escaped.json": '{"containers": [{"im\\u0061ge": "' + BAD + '"}]}'}),
    config_map(**{"inner.yaml": "manifest: |\n  spec:\n    containers:\n    - image: " + BAD + "\n"}),
    config_map(**{"anchor.yaml": f"a: &x\n  containers:\n  - image: {BAD}\nb: *x\n"}),
    {"binaryData": {"pod.yaml": encoded(f"kind: Pod\nspec:\n  containers:\n  - image: {BAD}\n").replace("W", "W\n")}},
    {"binaryData": {"pod.yaml": encoded(f"kind: Pod\nspec:\n  containers:\n  - image: {BAD}\n")}},
]


SCHEMA = {
    "spec": {
        "versions": [{"schema": {"openAPIV3Schema": {"properties": {"image": {"type": "string", "default": BAD}}}}}]
    }
}

ALLOWED = [
    (core("ConfigMap"), config_map(TITLE="oraclelinux:8")),
    (core("Pod"), env(TITLE="redis:7.4.1", PLACE="db.example.org/some/path", LIST="{broken", OTHER_IMAGES="{broken")),
    (core("Pod"), in_container(args=["--title=oraclelinux:8", "--image", 3, "oraclelinux:8"])),
    (core("Secret"), {"stringData": {"JOB_IMAGE": encoded("oraclelinux:8")}}),
    (
        core("List"),
        {"items": [{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", **SCHEMA}]},
    ),
    (DEPLOYMENT, deployment(GOOD_SHA)),
    (core("Pod"), in_pod(volumes=[{"rbd": {"image": "disk", "monitors": ["a"]}}])),
    (core("PersistentVolume"), {"spec": {"rbd": {"image": "disk"}}}),
    (core("Pod"), {"status": {"containerStatuses": [{"image": BAD}]}, **in_pod()}),
    (core("Pod"), {"metadata": {"labels": {"image": "redis", "example.org/image": BAD}}, **in_pod()}),
    (core("Pod"), {"metadata": {"annotations": {"example.org/about": "the image of things"}}, **in_pod()}),
    (core("Pod"), in_pod(nodeSelector={"example.org/image": "x"})),
    (custom("Anything"), {"spec": {"images": {"pullPolicy": "Always", "enabled": "true"}}}),
    (core("Pod"), env(STORE_IMAGE="true", IMAGE="cat.png", HAS_IMAGE="1", IMAGE_PULL_POLICY="Always")),
    (core("Pod"), env(URL="https://ghcr.io/a/b:1", HOST="db.example.org:5432", PATH="/usr/bin:/bin", IMAGE_TAG="1")),
    (core("Pod"), env(DATABASE="postgresql://user:secret@db.example.org:5432/mlflow", HOSTS="a.b:1,c.d:2")),
    (core("Pod"), in_container(args=["--image-pull-policy=Always", "--port=80", "models:/iris/1"])),
    (core("Pod"), in_container(args=["--image", "--verbose"])),
    (core("Pod"), {"spec": {"containers": [{"image": GOOD, "env": [{"name": "X_IMAGE", "valueFrom": {}}]}]}}),
    (
        core("ConfigMap"),
        config_map(**{"train.py": "image = load(path)\nimage: str = images[0]\nimage = cv2.imread(x)\n"}),
    ),
    (core("ConfigMap"), config_map(**{"README.md": "Base image: built every night.\nAn image is worth: 1000 words\n"})),
    (
        core("ConfigMap"),
        config_map(**{"page.json": json.dumps({"image": "cat.png", "logo": {"image": "img/cat.svg"}})}),
    ),
    (core("ConfigMap"), config_map(**{"page.json": json.dumps({"image": "https://example.org/cat"})})),
    (core("ConfigMap"), config_map(**{"pod.yaml": f"spec:\n  containers:\n  - image: {GOOD}\n"})),
    (
        core("ConfigMap"),
        config_map(
            **{
                "template.json": json.dumps(
                    {
                        "variables": {"properties": {"image": {"type": "string", "default": GOOD}}},
                        "job_configuration": {"image": "{{ image }}"},
                    }
                )
            }
        ),
    ),
    (core("Secret"), {"data": {"password": encoded("hunter2"), "image.key": "!!!"}}),
    (core("Service"), {"spec": {"ports": [{"port": 80}]}}),
    ("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition", SCHEMA),
    (custom("Anything"), {"spec": {"image": GOOD, "size": 3}}),
    (custom("Anything"), {"spec": {"about": "An image: worth 1000 words", "logo": "image: cat.png"}}),
    (core("Pod"), in_container(args=["--set", "image=cat.png", "--conf", "spark.executor.image.pull=true"])),
    (
        custom("Anything"),
        {"spec": {"pullImage": True, "imagePullSecrets": [{"name": "x"}], "imagePullPolicy": "Always"}},
    ),
    (custom("KafkaConnect"), {"spec": {"image": GOOD}}),
    ("kubernetes:yaml/v2:ConfigGroup", {"yaml": f"kind: Pod\nspec:\n  containers:\n  - image: {BAD}\n"}),
    ("gcp:compute/instance:Instance", {"bootDisk": {"initializeParams": {"image": "debian-cloud/debian-12"}}}),
    ("pulumi:providers:kubernetes", {"image": BAD}),
    ("mlops:tracking:Mlflow", {"image": BAD}),
]


def found(token: str, props: dict[str, Any]) -> bool:
    """Whether the licence rule refuses the planted image, by name or, where it may be a secret, by place."""
    messages = refusals("open-source-images", token, props)
    return any("library/redis:7.4.1" in message and "not open source" in message for message in messages)
