"""Which engine and cluster are used, and what a user with a bad one is told."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from local import environment
from local.environment import Surroundings, model, refuse_cloud
from local.errors import LocalError
from local.paths import KUBECONFIG, REPOSITORY, STATE
from local.toolchain.modules import CLUSTER, ENGINE


def test_without_a_kubeconfig_the_embedded_cluster_is_used():
    assert Surroundings.find({}).kubeconfig == str(KUBECONFIG)
    assert Surroundings.find({"KUBECONFIG": str(KUBECONFIG)}).given_kubeconfig is None


def test_a_given_kubeconfig_is_used(tmp_path: Path):
    given = tmp_path / "config"
    given.write_text("clusters: [{name: mine}]")
    assert Surroundings.find({"KUBECONFIG": str(given)}).kubeconfig == str(given)


def test_several_kubeconfigs_are_taken_as_kubectl_takes_them(tmp_path: Path):
    users, cluster = tmp_path / "users", tmp_path / "cluster"
    users.write_text("users: [{name: me}]")
    cluster.write_text("clusters: [{name: mine}]")
    given = os.pathsep.join(map(str, (users, tmp_path / "none", cluster)))
    assert Surroundings.find({"KUBECONFIG": given}).kubeconfig == given
    with pytest.raises(LocalError, match="names no cluster"):
        Surroundings.find({"KUBECONFIG": f"{users}{os.pathsep}{users}"})
    cluster.write_text("a: [")
    with pytest.raises(LocalError, match=f"the kubeconfig {cluster} is not YAML"):
        Surroundings.find({"KUBECONFIG": given})


def test_kubectl_is_given_the_kubeconfigs_by_its_variable(monkeypatch: pytest.MonkeyPatch):
    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 0, stdout=options["env"]["KUBECONFIG"])

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr("shutil.which", lambda name: name)
    assert Surroundings("a:b", False).kubectl_output("get", "pods") == "a:b"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "No such file"),
        ("a: [", "is not YAML"),
        ("hello", "names no cluster"),
        ("clusters: []", "names no cluster"),
    ],
)
def test_a_bad_kubeconfig_is_one_line_with_the_remedy(tmp_path: Path, content: str | None, told: str):
    given = tmp_path / "config"
    if content is not None:
        given.write_text(content)
    with pytest.raises(LocalError, match=told) as refused:
        Surroundings.find({"KUBECONFIG": str(given)})
    assert "set KUBECONFIG to a file that `kubectl` accepts" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_an_installed_engine_runs_programs_and_packs_with_the_python_that_has_the_sdks():
    path = Surroundings(None, has_engine=True).engine(lambda _: None)["PATH"]
    assert path.split(os.pathsep) == [str(Path(sys.prefix) / "bin"), *os.environ["PATH"].split(os.pathsep)]


def test_whoever_calls_the_engine_gets_the_environment_that_make_installs():
    project = yaml.safe_load((REPOSITORY / "Pulumi.yaml").read_text(encoding="utf-8"))
    assert project["runtime"] == {"name": "python", "options": {"virtualenv": ".venv"}}


def test_an_unknown_stack_is_told_which_there_are():
    with pytest.raises(LocalError, match=r"there is no stack nowhere.*local"):
        Surroundings(None, True).stack("nowhere", print)


@pytest.mark.parametrize("given", [None, "config"])
def test_a_stacks_home_is_where_the_decision_about_it_says(given: str | None):
    said = (REPOSITORY / "docs/adr/0003-working-copy-of-the-stack-file.md").read_text(encoding="utf-8")
    home = Surroundings(given, has_engine=True).stack("local", lambda _: None).home
    assert f"`~/.local/state/{STATE.name}/{home.relative_to(STATE)}`" in said


def test_a_modules_folder_in_the_cache_changes_with_what_it_is_built_from():
    digests = {module.digest("go1.26.8") for module in ENGINE + CLUSTER}
    assert len(digests) == len(ENGINE + CLUSTER)
    assert ENGINE[0].digest("go1.26.8") != ENGINE[0].digest("go1.26.9")


def test_no_lock_file_names_an_index_or_a_path_of_a_machine():
    root = Path(__file__).parents[3]
    locks = [*root.glob("requirements*.txt"), *root.glob("local/**/*.txt"), *root.glob("local/toolchain/*/go.*")]
    assert len(locks) > 8
    option, address, path = r"^--", r"\b[a-z]{2,}://", r"(?<!\S)/\w"
    for lock in locks:
        assert not re.findall(f"{option}|{address}|{path}", lock.read_text(), re.MULTILINE), lock


def test_a_stack_in_a_cloud_is_not_put_on_this_machine_by_mistake():
    with pytest.raises(LocalError, match="stands on aws, and not on this machine"):
        refuse_cloud("aws-dev")
    refuse_cloud("local")


def test_a_stack_file_is_read_with_its_defaults_and_a_mistake_in_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    assert model("local").projects_namespace == "projects"
    (tmp_path / "stacks").mkdir()
    text = "config: {exquisite-mlops:environment: {argo: {runsNamespase: a}}}"
    (tmp_path / "stacks/Pulumi.team-a.yaml").write_text(text)
    monkeypatch.setattr(environment, "REPOSITORY", tmp_path)
    with pytest.raises(LocalError, match=r"Pulumi.team-a.yaml has mistakes: argo\.runsNamespase"):
        model("team-a")
