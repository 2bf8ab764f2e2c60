"""Which engine and cluster are used, and what a user with a bad one is told."""

import os
import re
import sys
from pathlib import Path

import pytest
import yaml

from local.environment import Surroundings, refuse_cloud
from local.errors import LocalError
from local.paths import KUBECONFIG, REPOSITORY
from local.toolchain.modules import CLUSTER, ENGINE


def test_without_a_kubeconfig_the_embedded_cluster_is_used():
    assert Surroundings.find({}).kubeconfig == KUBECONFIG
    assert Surroundings.find({"KUBECONFIG": str(KUBECONFIG)}).given_kubeconfig is None


def test_a_given_kubeconfig_is_used(tmp_path: Path):
    given = tmp_path / "config"
    given.write_text("clusters: [{name: mine}]")
    assert Surroundings.find({"KUBECONFIG": str(given)}).kubeconfig == given


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
