"""Wherever an image hides, the rule finds it; and what is no image is left alone."""

import base64
import json
from typing import Any

import pytest

from policies.open_source.texts import lines
from tests.unit.policies.analysis import DEPLOYMENT, UNKNOWN, analyze, deployment, pod, refusals

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


@pytest.mark.parametrize(
    "token, props",
    [
        (core("Pod"), env(JOB_IMAGE="oraclelinux:8")),
        (core("Pod"), env(JOB_IMAGE="acme/tool")),
        (core("Pod"), in_container(args=["--image=oraclelinux:8"])),
        (custom("Anything"), {"spec": {"images": ["oraclelinux"]}}),
        (custom("Anything"), {"spec": {"images": {"job": "acme/tool"}}}),
        (core("ConfigMap"), config_map(JOB_IMAGE="oraclelinux:8")),
        (core("ConfigMap"), config_map(**{"container.image": "oraclelinux:8"})),
        (core("ConfigMap"), config_map(**{"WORKER_CONTAINER_REPOSITORY": "acme/tool"})),
        (core("ConfigMap"), config_map(**{"a.yaml": "image: acme/tool\n"})),
    ],
)
def test_an_image_that_nobody_knows_is_refused_where_a_name_says_that_it_is_one(token, props):
    messages = refusals("open-source-images", token, props)
    assert len(messages) == 1 and "is not in the licence catalogue" in messages[0]


@pytest.mark.parametrize("token, props", WORKLOADS + OLD)
def test_an_image_is_found_in_every_kind_of_workload(token, props):
    assert found(token, props)


@pytest.mark.parametrize("token, props", WORKLOADS)
def test_an_image_is_found_in_patches_and_lists_of_workloads(token, props):
    assert found(f"{token}Patch", props)
    assert found(f"{token}List", {"items": [{"metadata": {"name": "a"}}, props]})


def test_an_image_is_found_in_a_list_of_anything():
    assert found(core("List"), {"items": [{"apiVersion": "v1", "kind": "Namespace"}, POD]})
    assert found(core("List"), {"items": [{"spec": pod(BAD)}]})
    assert found(core("ConfigMapList"), {"items": [config_map(JOB_IMAGE=BAD)]})


@pytest.mark.parametrize("props", IN_A_POD)
def test_an_image_is_found_in_every_corner_of_a_pod(props):
    assert found(core("Pod"), props)
    assert found(DEPLOYMENT, {"spec": {"template": props}})


@pytest.mark.parametrize("kind, props", CUSTOM)
def test_an_image_is_found_in_custom_resources_by_its_shape(kind, props):
    assert found(custom(kind), props)


@pytest.mark.parametrize("props", TEXTS)
def test_an_image_is_found_in_the_texts_of_a_config_map(props):
    assert found(core("ConfigMap"), props)
    assert found(core("ConfigMapPatch"), props)


@pytest.mark.parametrize("props", TEXTS)
def test_an_image_is_found_in_the_texts_of_a_secret(props):
    texts = props.get("data", {})
    assert not texts or found(core("Secret"), {"stringData": texts})
    assert not texts or found(core("Secret"), {"data": {key: encoded(text) for key, text in texts.items()}})


def test_an_object_cannot_hide_behind_another_kind():
    assert found(core("ConfigMap"), POD)
    assert found("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition", POD)
    disguise = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "spec": pod(BAD)}
    assert found(core("Pod"), disguise)
    assert found(custom("Anything"), {"apiVersion": "v1", "kind": "ConfigMap", "spec": {"image": BAD}})


@pytest.mark.parametrize(
    "props",
    [
        {"spec": {"image": 7.4}},
        {"spec": {"image": True}},
        {"spec": {"image": {"size": "10Gi"}}},
        {"spec": {"containers": [{"image": ""}]}},
        {"spec": {"manifest": '{"image": ' + '{"a":' * 90000 + "1" + "}" * 90001}},
    ],
)
def test_an_image_in_a_form_that_is_not_understood_is_refused(props):
    assert "can't be judged" in refusals("open-source-images", custom("Anything"), props)[0]


ANNOTATED = {"annotations": {"a/proxyImage": BAD}}


@pytest.mark.parametrize(
    "token, props, path",
    [
        (core("ConfigMap"), config_map(JOB_IMAGE=BAD), "data[JOB_IMAGE]"),
        (core("ConfigMap"), {"binaryData": {"JOB_IMAGE": encoded(BAD)}}, "binaryData[JOB_IMAGE]"),
        (core("ConfigMapList"), {"items": [{}, config_map(JOB_IMAGE=BAD)]}, "items[1].data[JOB_IMAGE]"),
        (core("ConfigMap"), config_map(**{"a.yaml": f"a: b\nimage: {BAD}\n"}), "data[a.yaml].image"),
        (core("ConfigMap"), config_map(**{"a.j2": f"{{% if x %}}\nimage: {BAD}\n"}), "data[a.j2] line 2"),
        (core("Pod"), in_container(args=["-v", f"--image={BAD}"]), "spec.containers[0].args[1]"),
        (core("Pod"), in_container(args=["-v", "--image", BAD]), "spec.containers[0].args[2]"),
        (core("Pod"), in_container(command=[BAD_IN_FULL]), "spec.containers[0].command[0]"),
        (core("Pod"), env(A="1", JOB_IMAGE=BAD), "spec.containers[0].env[JOB_IMAGE]"),
        (core("Pod"), env(A="1", JOB_IMAGES=json.dumps([BAD])), "spec.containers[0].env[JOB_IMAGES][0]"),
        (core("Pod"), env(HARMLESS=BAD_IN_FULL), "spec.containers[0].env[HARMLESS]"),
        (core("Pod"), {"metadata": {"annotations": {"a/proxyImage": BAD}}}, "metadata.annotations[a/proxyImage]"),
        (custom("Anything"), {"spec": {"images": [GOOD, BAD]}}, "spec.images[1]"),
        (custom("Anything"), {"spec": {"images": {"a": BAD}}}, "spec.images.a"),
        (custom("Anything"), {"spec": {"a": [{"image": BAD}]}}, "spec.a[0].image"),
        (
            custom("Anything"),
            {"spec": {"image": {"registry": "docker.io", "repository": "library/redis", "tag": "7.4.1"}}},
            "spec.image.repository",
        ),
        (custom("Anything"), {"spec": {"manifest": f"a: b\nimage: {BAD}\n"}}, "spec.manifest.image"),
        (custom("Anything"), {"image": BAD}, "image"),
        (
            custom("Anything"),
            {"spec": {"inner": {"apiVersion": "v1", "kind": "PodList", "items": [{"image": BAD}]}}},
            "spec.inner.items[0].image",
        ),
        (core("ConfigMapList"), {"items": [{"metadata": ANNOTATED}]}, "items[0].metadata.annotations[a/proxyImage]"),
        (
            DEPLOYMENT,
            {"spec": {"template": {"metadata": ANNOTATED}}},
            "spec.template.metadata.annotations[a/proxyImage]",
        ),
        (DEPLOYMENT, {"spec": {"template": {"metadata": {"image": BAD}}}}, "spec.template.metadata.image"),
        (custom("Anything"), {"spec": {"storageUri": f"oci://{BAD}"}}, "spec.storageUri"),
        (custom("Anything"), {"spec": {"image": [BAD]}}, "spec.image[0]"),
        (custom("Anything"), {"spec": {"image": {"type": "string", "default": BAD}}}, "spec.image.default"),
        (custom("Anything"), {"spec": {"image": {"main": {"image": BAD}}}}, "spec.image.main.image"),
        (custom("Anything"), {"spec": {"images": BAD}}, "spec.images"),
        (custom("Anything"), {"spec": {"images": {"a": {"repository": BAD}}}}, "spec.images.a.repository"),
        (custom("Anything"), {"spec": {"images": [{"image": BAD}]}}, "spec.images[0].image"),
        (core("Pod"), in_container(env=[{"value": BAD_IN_FULL}]), "spec.containers[0].env[0]"),
        (core("Pod"), in_container(env=[{"name": 3, "value": BAD_IN_FULL}]), "spec.containers[0].env[0]"),
    ],
)
def test_an_image_is_told_by_its_place(token: str, props: dict[str, Any], path: str):
    (message,) = refusals("open-source-images", token, props)
    assert f" ({path}) is under " in message


@pytest.mark.parametrize("text", ["redis:$(TAG)", "{{ image }}", " {{ image }}", "${IMAGE}"])
def test_a_variable_that_is_filled_in_elsewhere_is_refused(text: str):
    messages = refusals("open-source-images", core("Pod"), env(JOB_IMAGE=text))
    assert messages and all("can't be judged: it is a template that is filled in later" in one for one in messages)


@pytest.mark.parametrize(
    "text, found",
    [
        ('image: "ghcr.io/a/b:1X"', [(1, "ghcr.io/a/b:1X")]),
        ("{% if x %}\n- image: 'ghcr.io/a/b:1'\nx\njob_image = a/b", [(2, "ghcr.io/a/b:1"), (4, "a/b")]),
        ("container_repository = a/b", [(1, "a/b")]),
        ("container_repository = a/b\n container_tag = 2", [(1, "a/b:2")]),
    ],
)
def test_lines_that_set_an_image_are_read_without_quotes_and_with_their_tag(text: str, found: list[Any]):
    assert list(lines(text)) == found


NO_IMAGE = "Not Valid"


@pytest.mark.parametrize(
    "token, props",
    [
        (core("Pod"), {"metadata": {"image": NO_IMAGE}}),
        (core("ConfigMap"), {"metadata": {"image": NO_IMAGE}}),
        (core("ConfigMap"), config_map(**{"a.yaml": f"containers:\n- image: {NO_IMAGE}\n"})),
        (core("ConfigMap"), config_map(**{"a.yaml": f"a: &x\n  image: {NO_IMAGE}\ncontainers:\n- *x\n"})),
        (
            core("ConfigMap"),
            config_map(**{"a.yaml": f"image: &x\n  repository: {NO_IMAGE}\ncontainers:\n- image: *x\n"}),
        ),
        (core("ConfigMap"), config_map(**{"a.yaml": f"images: &x\n- {NO_IMAGE}\ncontainers:\n- images: *x\n"})),
        (
            core("ConfigMap"),
            config_map(**{"a.yaml": f"metadata: &x\n  image: {NO_IMAGE}\ncontainers:\n- metadata: *x\n"}),
        ),
        (custom("Anything"), {"spec": {"storageUri": f"oci://{NO_IMAGE}"}}),
        (custom("Anything"), {"spec": {"image": [NO_IMAGE]}}),
        (custom("Anything"), {"spec": {"image": {"repository": NO_IMAGE}}}),
        (custom("Anything"), {"spec": {"images": [NO_IMAGE]}}),
        (custom("Anything"), {"spec": {"images": {"a": {"repository": NO_IMAGE}}}}),
        (custom("Anything"), {"spec": {"images": [{"image": NO_IMAGE}]}}),
        (custom("Anything"), {"spec": {"image": {"main": {"image": NO_IMAGE}}}}),
    ],
)
def test_what_has_to_be_an_image_and_is_none_is_refused_wherever_it_stands(token: str, props: dict[str, Any]):
    messages = refusals("open-source-images", token, props)
    assert len(messages) == 1 and "can't be judged: its path is not one that a registry can have" in messages[0]


@pytest.mark.parametrize(
    "token, props",
    [
        (core("ConfigMap"), config_map(**{"a.yaml": f"storageUri: oci://{NO_IMAGE}\nimage: Not Valid\n"})),
        (core("ConfigMap"), config_map(**{"a.yaml": "image: &i\n  other: {image: *i}\n"})),
        (core("ConfigMap"), config_map(**{"a.yaml": "metadata: &m\n  metadata: *m\nimage: &i\n  image: *i\n"})),
        (core("ConfigMap"), config_map(notes="{% if x %}\nimage: acme/tool\n")),
        (custom("Anything"), {"spec": {"image": {"type": "integer", "default": 7}}}),
        (custom("Anything"), {"spec": {"image": {"type": "string", "default": "Not Valid"}}}),
        ("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinitionList", {"items": [SCHEMA]}),
        (core("Pod"), env(PLACE="some/path.d/file:1", MODEL="models/iris:1")),
        (custom("Anything"), {"spec": {"image": "docker.io/valkey/valkey", "tag": "sha256:" + "0" * 64}}),
        (custom("Anything"), {"spec": {"image": "docker.io/valkey/valkey", "digest": "sha256:" + "0" * 64}}),
        (custom("Anything"), {"spec": {"image": GOOD_SHA, "digest": "sha256:" + "1" * 64}}),
    ],
)
def test_what_may_be_an_image_and_is_none_is_left_alone(token: str, props: dict[str, Any]):
    assert analyze(token, props) == []


@pytest.mark.parametrize(
    "data",
    [
        {"a.yaml": 'image: "{{ x }}"\n'},
        {"a.j2": "{% if x %}\nimage: {{ x }}\n"},
        {"a.json": json.dumps({"variables": {"properties": {"x": {"type": "string"}}}, "image": "{{ x }}"})},
    ],
)
def test_a_manifest_whose_image_is_filled_in_elsewhere_is_refused(data: dict[str, str]):
    (message,) = refusals("open-source-images", core("ConfigMap"), config_map(**data))
    (key,) = data
    assert message.partition("\n")[2].startswith(f"An image (data[{key}]")
    assert "can't be judged: it is a template that is filled in later" in message


def test_a_text_that_may_be_a_secret_is_called_what_looks_like_an_image():
    for value in ("registry.example.org/a/b:1", "registry:5000/a/b:1"):
        (message,) = refusals("open-source-images", core("Pod"), env(HARMLESS=value))
        assert message.partition("\n")[2].startswith(
            "What looks like an image (spec.containers[0].env[HARMLESS]) is not"
        )


def test_an_image_in_an_object_of_other_things_is_refused_with_the_reason():
    (message,) = refusals("open-source-images", custom("Anything"), {"spec": {"image": {"size": "10Gi"}}})
    assert message.endswith("can't be judged: it is an object without reference, repository or name.")
    schema = {"type": "string", "default": "{{ x }}"}
    (message,) = refusals("open-source-images", custom("Anything"), {"spec": {"image": schema}})
    assert "An image (spec.image.default) can't be judged: it is a template" in message
    (message,) = refusals("open-source-images", custom("Anything"), {"spec": {"image": 7}})
    assert message.endswith("An image (spec.image) can't be judged: it is neither text nor an object.")


def test_a_text_in_a_text_in_a_text_is_read_and_one_more_is_not():
    text = json.dumps({"image": BAD})
    for depth, expected in enumerate(["library/redis:7.4.1"] * 3 + ["An image (data[a.json]"]):
        messages = refusals("open-source-images", core("ConfigMap"), config_map(**{"a.json": text}))
        assert len(messages) == 1 and expected in messages[0], depth
        text = json.dumps({"manifest": text})
    assert messages[0].endswith("can't be judged: its text is nested too deeply.")


def test_a_text_hides_nothing_of_the_text_before_it():
    good = f"image: {GOOD}\n"
    assert found(core("ConfigMap"), config_map(**{"a.yaml": f"image: {BAD}\n", "b.yaml": good}))
    unreadable = config_map(**{"a.yaml": "containers:\n- image: 7\n", "b.yaml": good})
    assert len(refusals("open-source-images", core("ConfigMap"), unreadable)) == 1


def test_an_empty_tag_beside_a_name_is_none():
    props = env(WORKER_CONTAINER_REPOSITORY="mongo", WORKER_CONTAINER_TAG="")
    (message,) = refusals("open-source-images", core("Pod"), props)
    assert "docker.io/library/mongo (" in message


def test_a_port_is_no_tag_and_the_one_beside_the_name_counts():
    props = {"spec": {"image": "registry.example.org:5000/a", "imageTag": "7.4.1"}}
    (message,) = refusals("open-source-images", custom("Anything"), props)
    assert "registry.example.org:5000/a:7.4.1 (spec.image) is not in" in message


def test_a_tag_that_is_a_number_is_no_text_and_none():
    (message,) = refusals("open-source-images", custom("Anything"), {"spec": {"image": "redis", "tag": 7}})
    assert "docker.io/library/redis (spec.image) has several licences" in message


def test_lists_in_lists_keep_the_name_of_their_field():
    props = {"spec": {"templates": [[UNKNOWN]]}}
    (message,) = [one.message for one in analyze(custom("Anything"), props) if one.policy == "open-source-images"]
    assert "no image is known yet at spec.templates[0][0];" in message


def test_an_image_is_not_forgotten_for_one_that_is_found_later():
    containers = [{"image": BAD}, {"image": GOOD, "env": [{"name": "JOB_IMAGE", "value": "mongo:7"}], "args": [GOOD]}]
    assert len(refusals("open-source-images", core("Pod"), {"spec": {"containers": containers}})) == 2


def test_each_image_is_reported_once_with_its_own_path():
    props = {"spec": {"containers": [{"image": BAD}, {"image": "mongo:7"}], "initContainers": [{"image": BAD}]}}
    messages = refusals("open-source-images", core("Pod"), props)
    paths = [message.partition("(")[2].partition(")")[0] for message in messages]
    assert paths == ["spec.containers[0].image", "spec.containers[1].image", "spec.initContainers[0].image"]


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


@pytest.mark.parametrize("token, props", ALLOWED)
def test_what_is_no_image_or_a_good_one_is_left_alone(token, props):
    assert analyze(token, props) == []


def found(token: str, props: dict[str, Any]) -> bool:
    """Whether the licence rule refuses the planted image, by name or, where it may be a secret, by place."""
    messages = refusals("open-source-images", token, props)
    return any("library/redis:7.4.1" in message and "not open source" in message for message in messages)
