"""What README and docs show as printed is what the code says today."""

import re
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
import yaml
from pulumi.errors import InputPropertiesError

from local.plugins.planned import objects
from local.report import endpoint_table
from plugin.provider import Components
from policies import admission
from policies.__main__ import main as policies
from policies.open_source.open_source_images import open_source_images
from policies.open_source.pack import NAME
from policies.outside.configuration import read as read_settings
from policies.report import sections
from reference.exposed import planned
from reference.programs import ROOT, environment
from stacks.environment import Environment
from tests.documents import Fence
from tests.recording import Engine
from tests.unit.components.wires import sql_server
from tests.unit.docs.test_pieces import FENCES, PRINTED, laid_over, of_kind
from tests.unit.policies.analysis import deployment
from tests.unit.policies.guardrails.test_capacity import GPU, QUOTA, said, workload


@pytest.mark.parametrize("fence", of_kind(PRINTED))
def test_what_is_printed_is_what_is_said(fence: Fence, tmp_path: Path):
    """`...` stands for what is left out."""
    of = [say for start, say in SAY.items() if fence.code.startswith(start)]
    assert len(of) == 1, f"{fence.place}: name in SAY what prints it"
    says = " ".join(of[0](tmp_path).split())
    for line in re.split(r" ?\.\.\. ?", " ".join(fence.code.split())):
        assert line in says, f"{fence.place}: {line!r} is not said, but: {says[:2000]}"


def _endpoints(_: Path) -> str:
    """As `make up` ends, which asks the cluster for kinds of pods and addresses: those are the page's."""
    (shown,) = [fence for fence in FENCES if fence.code.startswith("system  ")]
    rows = [re.split(r"  +", line) for line in shown.code.splitlines()[2:]]
    made = planned("local").exports["endpoints"]
    assert [row[0] for row in rows] == sorted(made)
    told = endpoint_table({"endpoints": made}, None)
    for system, _pods, url, login in rows:
        (line,) = [line for line in told.splitlines() if line.split()[:1] == [system]]
        assert line.endswith(login) and url.partition(":")[0] in line, f"README says {login} of {system}: {line}"
    return shown.code


def _mistakes(_: Path) -> str:
    wrong = {"tracking": {"replcas": 3}, "database": {"size": "20"}}
    _, mistakes = Environment.read(laid_over(environment(Path("stacks/Pulumi.local.yaml")), wrong))
    head = f"stacks/Pulumi.local.yaml has {len(mistakes)} mistake(s); nothing was changed:"
    told = {one.partition(".")[0]: f"environment.{one}" for one in mistakes}
    return "\n".join([head, told["tracking"], told["database"]])


def _refusal(folder: Path) -> str:
    """The engine's own line, which tests/engine sees, then the rule's words."""
    file = folder / "redis.yaml"
    shown = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "cache"}}
    file.write_text(yaml.safe_dump({**shown, **deployment("docker.io/library/redis:7.4.1")}))
    told = StringIO()
    with redirect_stdout(told):
        assert policies(["check", str(file)]) == 1
    (words,) = [line for line in told.getvalue().splitlines() if "under LicenseRef" in line]
    name = f"{open_source_images.name}  (kubernetes:apps/v1:Deployment: cache)"
    version = yaml.safe_load((ROOT / "policies/open_source/PulumiPolicy.yaml").read_text())["version"]
    level = f"[mandatory] [severity: {open_source_images.severity.value}]"
    problem = words.partition("refused by open-source-images: ")[2]
    return f"{NAME}@v{version}  {level}  {name} {open_source_images.description} {problem}"


def _denial(_: Path) -> str:
    """Around the words of the parameter stands what the API server adds, as tests/engine sees it."""
    objects = admission.manifest(read_settings(None))
    said = re.search(r"docker.io/library/redis \|.*(is not open source in that version.*valkey instead\.)", objects)
    assert said and "open-source-images-of-workloads" in objects
    head = "pods \"cache\" is forbidden: ValidatingAdmissionPolicy 'open-source-images-of-workloads'"
    return f"{head} denied request: docker.io/library/redis:7.4.1 {said[1]}"


def _schema(_: Path) -> str:
    inputs = {"spec": {**deployment("nginx:1.27")["spec"], "selector": {}}}
    (container,) = inputs["spec"]["template"]["spec"]["containers"]
    container["imagePullPolicy"] = "always"
    found = dict(objects.wrong("kubernetes:apps/v1:Deployment", {**inputs, "metadata": {}}))
    path = "spec.template.spec.containers[0].imagePullPolicy"
    return f"refused  schema  mlflow-server  {path}: {found[path]}"


def _capacity(_: Path) -> str:
    """Two stacks: one with more pods than room, one with a quota above what there is."""
    machines = {"name": "machines", "count": 3, "room": {"cpu": 4, "memory": "64Gi"}}
    quota = (QUOTA, "argo-steps-gpus", {"spec": {"hard": {"requests.nvidia.com/gpu": "64"}}})
    told = [*said(workload("900m", 17), nodes=[machines]), *said(quota, nodes=[{**GPU, "count": 7}])]
    return "\n".join(message for message, _ in told)


def _mistaken_program(_: Path) -> str:
    """In YAML, as tests/engine/test_plugin.py has the engine say it."""
    server = {key: getattr(sql_server(), key) for key in ("host", "username", "password", "image")}
    given = {"server": server, "owner": "My User", "namse": ["a"], "names": ["a"], "namespace": "databases"}
    with pytest.raises(InputPropertiesError) as refused:
        Engine().build(lambda: Components().construct("records", "mlops:storage:Database", given))
    lines = [f"    - property {one['property_path']}: {one['reason']}" for one in refused.value.errors]
    return "\n".join(["mlops:storage:Database resource 'records' has a problem:", *lines])


def _report(_: Path) -> str:
    """Its figures are an engine's, for tests/engine/test_docs_on_the_engine.py; titles and heads are seen here."""
    (shown,) = [fence for fence in FENCES if fence.code.startswith("aws-dev: passed")]
    source = Path(sections.__file__).read_text(encoding="utf-8")
    heads = [
        line
        for line, below in zip(*[shown.code.splitlines()[at:] for at in (0, 1)], strict=False)
        if below[:3] == "---"
    ]
    assert len(heads) == 4
    for words in (re.split(r"  +", head.strip()) for head in heads):
        assert all(f'"{word}"' in source for word in words), f"no table has {words}"
    return shown.code


SAY: Mapping[str, Callable[[Path], str]] = {
    "system  ": _endpoints,
    "stacks/Pulumi.local.yaml has": _mistakes,
    "aws-dev: passed": _report,
    "refused  schema": _schema,
    "capacity: machines": _capacity,
    "open-source@": _refusal,
    'pods "cache"': _denial,
    "mlops:storage:Database": _mistaken_program,
}
"""How a piece begins -> what prints it, or the page's own text once it has been held against that."""
