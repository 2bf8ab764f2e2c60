"""Queues: what teams are promised, what Kueue may do, where it is asked, and what each engine's steps wait by."""

import json

import pytest
from pydantic import ValidationError

from components.compute.aws.machines import INTERFACE
from components.compute.gpus import RESOURCE, GpuPlace
from components.compute.queues.contracts import QUEUE, TeamQueues
from components.compute.queues.definitions import DEFINITIONS, KueueDefinitions, KueueDefinitionsArgs
from components.compute.queues.kueue import Kueue, KueueArgs
from components.compute.queues.queues import Queues, QueuesArgs
from components.compute.queues.settings import GpuShare, KueueSettings, QueueSettings, Share
from components.pipelines.contracts import GpuPool, PipelineContext
from components.pipelines.space import PipelineSpace, PipelineSpaceArgs
from components.pipelines.step import StepSettings
from tests.recording import Engine
from tests.unit.components import wires

TEAMS = {
    "red": {
        "cpu": {"quota": "8", "lend": "2"},
        "memory": {"quota": "16Gi"},
        "gpus": {"training": {"quota": 4, "lend": 1}, "radeon": {"quota": 2}},
    },
    "blue": {
        "cpu": {"quota": "4", "borrow": "8"},
        "memory": {"quota": "8Gi", "borrow": "0"},
        "gpus": {"training": {"quota": 2, "borrow": 3}},
    },
}
POOLS = {
    "training": GpuPlace(taint="nvidia.com/gpu=present:NoSchedule", node_labels={"mlops/pool": "training"}),
    "radeon": GpuPlace(resource="amd.com/gpu", taint="amd.com/gpu=present:NoSchedule", node_labels={"mlops/pool": "r"}),
    "idle": GpuPlace(taint="nvidia.com/gpu=present:NoSchedule", node_labels={"mlops/pool": "idle"}),
}


def kueue(**settings: object) -> Engine:
    engine = Engine()
    args = KueueArgs(
        settings=KueueSettings(**settings), namespace="kueue", namespaces=("argo-runs",), devices=("nvidia.com/gpu",)
    )
    engine.build(lambda: Kueue("kueue", args))
    return engine


def queues(**settings: object) -> Engine:
    engine = Engine()
    chosen = QueueSettings.model_validate({"teams": TEAMS, **settings})
    args = QueuesArgs(settings=chosen, controller="kueue", namespaces=("argo-runs",), pools=POOLS)
    engine.build(lambda: Queues("queues", args))
    return engine


def groups(engine: Engine, team: str) -> dict[str, dict]:
    spec = engine.only("ClusterQueue", f"queues-{team}").inputs["spec"]
    return {one["coveredResources"][0]: one["flavors"] for one in spec["resourceGroups"]}


def test_each_pool_that_is_shared_out_is_a_flavour_with_its_labels_and_its_taint_tolerated():
    engine = queues()
    assert {one.name for one in engine.all("ResourceFlavor")} == {"queues-training", "queues-radeon", "queues-general"}
    spec = engine.only("ResourceFlavor", "queues-radeon").inputs["spec"]
    assert spec["nodeLabels"] == {"mlops/pool": "r"}
    assert spec["nodeTaints"] == [{"key": "amd.com/gpu", "value": "present", "effect": "NoSchedule"}]
    assert spec["tolerations"][0] == {"operator": "Equal", **spec["nodeTaints"][0]}


def test_a_teams_quota_of_each_pool_stands_with_what_it_borrows_and_lends():
    engine = queues()
    (training,) = groups(engine, "red")["nvidia.com/gpu"]
    assert training["resources"] == [{"name": "nvidia.com/gpu", "nominalQuota": "4", "lendingLimit": "1"}]
    (radeon,) = groups(engine, "red")["amd.com/gpu"]
    assert radeon["resources"] == [{"name": "amd.com/gpu", "nominalQuota": "2"}]
    (general,) = groups(engine, "blue")["cpu"]
    assert general["resources"][0] == {"name": "cpu", "nominalQuota": "4", "borrowingLimit": "8"}
    cohorts = {one.inputs["spec"]["cohort"] for one in engine.all("ClusterQueue")}
    assert cohorts == {"kueue-queues"}


@pytest.mark.parametrize(("reclaim", "policy"), [(True, "Any"), (False, "Never")])
def test_what_was_lent_is_taken_back_unless_the_file_says_not_to(reclaim: bool, policy: str):
    specs = [one.inputs["spec"] for one in queues(reclaim=reclaim).all("ClusterQueue")]
    assert {one["preemption"]["reclaimWithinCohort"] for one in specs} == {policy}


def test_the_most_that_a_team_can_have_counts_what_others_lend_and_what_it_may_borrow():
    settings = QueueSettings.model_validate({"teams": TEAMS})
    assert settings.most_gpus("blue", "training") == 3  # its 2, and the 1 that red lends
    assert settings.most_gpus("red", "training") == 6
    assert settings.most_gpus("blue", "radeon") == 0
    assert settings.most("blue", "cpu") == 6
    assert settings.most("blue", "memory") == 8 * 2**30


@pytest.mark.parametrize(
    ("share", "said"),
    [(GpuShare, {"quota": 2, "lend": 3}), (Share, {"quota": "2", "lend": "2500m"})],
)
def test_nobody_lends_more_than_is_theirs(share: type, said: dict):
    with pytest.raises(ValidationError, match="a team lends its own; write no more than that"):
        share.model_validate(said)


def test_kueue_is_asked_only_about_what_names_a_queue_where_teams_have_some():
    engine = kueue()
    for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
        hooks = {one["name"][1:]: one for one in engine.only(kind).inputs["webhooks"]}
        for name in ("pod.kb.io", "job.kb.io"):
            (where,) = hooks[name]["namespaceSelector"]["matchExpressions"]
            assert where == {"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["argo-runs"]}
            assert hooks[name]["objectSelector"]["matchExpressions"] == [{"key": QUEUE, "operator": "Exists"}]
            assert hooks[name]["failurePolicy"] == "Fail"
        others = {
            rule["apiGroups"][0]
            for name, one in hooks.items()
            if name[:3] not in ("pod", "job")
            for rule in one["rules"]
        }
        assert others == {"kueue.x-k8s.io"}
        # Whom to trust is added by the controller itself.
        assert all("caBundle" not in one["clientConfig"] for one in hooks.values())


def test_its_certificates_key_is_in_no_state():
    secret = kueue().only("Secret").inputs
    assert "data" not in secret and "stringData" not in secret


def test_it_reads_secrets_at_home_alone_and_updates_its_own_webhooks_alone():
    engine = kueue()
    everywhere = engine.only("ClusterRole").inputs["rules"]
    assert not [rule for rule in everywhere if {"secrets", "*"} & {*rule["resources"], *rule["verbs"]}]
    updates = [rule for rule in everywhere if rule["apiGroups"] == ["admissionregistration.k8s.io"]]
    assert [rule.get("resourceNames") for rule in updates if "update" in rule["verbs"]] == [
        ["kueue-mutating-webhook-configuration"],
        ["kueue-validating-webhook-configuration"],
    ]


def test_its_hand_on_work_ends_where_no_team_has_queues():
    spec = kueue().only("ValidatingAdmissionPolicy", "kueue-fence").inputs["spec"]
    assert "system:serviceaccount:kueue:kueue-account" in spec["matchConditions"][0]["expression"]
    (where,) = spec["matchConstraints"]["namespaceSelector"]["matchExpressions"]
    assert (where["operator"], where["values"]) == ("NotIn", ["argo-runs"])
    assert spec["validations"][0]["expression"] == "false"


def test_a_gang_gets_its_quota_as_a_whole_and_holds_up_nobody_else():
    engine = kueue(ready_within=300, attempts=2)
    said = json.loads(engine.only("ConfigMap").inputs["data"]["controller.yaml"])
    gangs = said["waitForPodsReady"]
    assert (gangs["enable"], gangs["timeout"], gangs["blockAdmission"]) == (True, "300s", False)
    assert gangs["requeuingStrategy"]["backoffLimitCount"] == 2
    assert said["integrations"]["frameworks"] == ["batch/job", "pod"]
    assert said["manageJobsWithoutQueueName"] is False
    assert said["internalCertManagement"]["webhookServiceName"] == engine.only("Service").inputs["metadata"]["name"]


def test_a_pod_is_not_held_up_by_what_nobody_has_a_quota_of():
    said = json.loads(kueue().only("ConfigMap").inputs["data"]["controller.yaml"])
    excluded = tuple(said["resources"]["excludeResourcePrefixes"])
    assert all(asked.startswith(excluded) for asked in ("ephemeral-storage", "hugepages-2Mi", INTERFACE))
    assert not RESOURCE.startswith(excluded)


def test_its_kinds_tell_the_items_of_a_workloads_lists_apart():
    engine = Engine()
    engine.build(lambda: KueueDefinitions("kinds", KueueDefinitionsArgs()))
    made = {one.inputs["spec"]["names"]["kind"]: one.inputs["spec"] for one in engine.all("CustomResourceDefinition")}
    assert len(made) == len(DEFINITIONS)
    (version,) = made["Workload"]["versions"]
    status = version["schema"]["openAPIV3Schema"]["properties"]["status"]
    for part in ("conditions", "admissionChecks"):
        assert status["properties"][part]["x_kubernetes_list_type"] == "map"
    assert made["ClusterQueue"]["scope"] == "Cluster" and made["LocalQueue"]["scope"] == "Namespaced"


STEPS = {
    "training": StepSettings(source="examples/training", command=["python"], gpus=1),
    "nightly": StepSettings(source="examples/training", command=["python"], queue="blue"),
}


def context(**given: object) -> PipelineContext:
    pool = GpuPool(node_labels={"mlops/pool": "training"})
    return PipelineContext(tracking=wires.tracking_server(), artifacts=wires.bucket(), gpu=pool, **given)


def test_a_step_waits_in_its_own_teams_queue_or_in_that_of_all_steps():
    engine = Engine()
    given = context(queues=TeamQueues(teams={"red": "r-1", "blue": "b-1"}, patience=60), queue="red")
    args = PipelineSpaceArgs(namespace="argo-runs", context=given, steps=STEPS)
    space = engine.build(lambda: PipelineSpace("steps", args)).space
    assert {one.inputs["metadata"]["name"]: one.inputs["spec"]["clusterQueue"] for one in engine.all("LocalQueue")} == {
        "red": "r-1",
        "blue": "b-1",
    }
    assert list(space.queue("training")) == [QUEUE]
    assert space.patience("nightly") == 60
    # A quota of Kubernetes' own would refuse what is only to wait.
    assert engine.all("ResourceQuota") == []


def test_without_queues_steps_have_the_pools_quota_and_no_label():
    engine = Engine()
    args = PipelineSpaceArgs(namespace="argo-runs", context=context(), steps={"training": STEPS["training"]})
    space = engine.build(lambda: PipelineSpace("steps", args)).space
    assert space.queue("training") == {} and space.patience("training") == 0
    assert engine.only("ResourceQuota")


def test_a_step_for_a_team_that_is_not_there_is_refused():
    with pytest.raises(ValidationError, match="waits in the queue of `blue`"):
        PipelineSpaceArgs(namespace="argo-runs", context=context(), steps={"nightly": STEPS["nightly"]})
