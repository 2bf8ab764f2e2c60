"""Names in a stack file that are another's: namespaces, and what the program calls its own systems."""

from pathlib import Path

import pytest
import yaml

from reference.programs import run
from stacks.names import SYSTEMS
from tests.unit.stacks.test_environment import KEY, WHOLE, load, refusal

MODEL = {"model": "iris", "version": 1}
TEAM = {"cpu": {"quota": "8"}, "memory": {"quota": "32Gi"}}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"tracking": {"namespace": "storage"}}, "tracking.namespace: `storage` is `objectStore.namespace` already"),
        ({"argo": {"runsNamespace": "argo"}}, "argo.runsNamespace: `argo` is `argo.namespace` already"),
        (
            {"argo": {}, "luigi": {"runsNamespace": "argo-runs"}},
            "luigi.runsNamespace: `argo-runs` is `argo.runsNamespace` already",
        ),
        (
            {"queues": {"controller": {"namespace": "databases"}, "teams": {"a": TEAM}}, "argo": {}},
            "database.namespace: `databases` is `queues.controller.namespace` already",
        ),
        (
            {"servingNamespace": "tracking", "modelServers": {"iris": MODEL}},
            "servingNamespace: `tracking` is `tracking.namespace` already; write a name of its own",
        ),
        ({"tracking": {"namespace": "default"}}, "tracking.namespace: `default` is Kubernetes' own; write a name that"),
        ({"argo": {"runsNamespace": "kube-system"}}, "argo.runsNamespace: `kube-system` is Kubernetes' own"),
    ],
)
def test_a_namespace_that_is_anothers_is_refused(changes: dict, told: str):
    (mistake,) = refusal({**WHOLE, "pipelines": {}, **changes})
    assert mistake.startswith(f"environment.{told}")


def test_a_namespace_that_is_not_made_is_in_nobodys_way():
    assert load({**WHOLE, "servingNamespace": "tracking", "projectsNamespace": "tracking"}).tracking


@pytest.mark.parametrize("system", ["mlflow", "feast-page", "mlrun-ui"])
def test_a_model_is_not_called_like_a_system(system: str):
    (mistake,) = refusal({**WHOLE, "modelServers": {system: MODEL}})
    assert mistake == (
        f"environment.modelServers.{system}: a system of the platform is called so; write another, such as "
        f"{system}-model"
    )


def test_every_system_whose_address_the_program_tells_has_its_name_reserved():
    local = yaml.safe_load(Path("stacks/Pulumi.local.yaml").read_text(encoding="utf-8"))["config"][KEY]
    told = set(run({**local, "modelServers": {"iris": MODEL}}).exports["endpoints"])
    assert told - {"iris"} == set(SYSTEMS)
