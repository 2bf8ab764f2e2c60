"""What docs and README say is there: pages, links, files, commands, snippets, and the facts made from the models."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from pulumi import ComponentResource

import components
from components.compute.gcp import bindings
from reference.cloud import bucket_actions, challenge_actions
from reference.exposed import planned
from reference.pages import DOCS, PAGES, current

ROOT = Path(__file__).parents[2]
TEXTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
TOP = {path.name for path in ROOT.iterdir()}
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
GOLDEN = ROOT / "tests/unit/golden"
_WRITTEN_LATER = ("dist", ".venv")

every_text = pytest.mark.parametrize("file", TEXTS, ids=lambda file: str(file.relative_to(ROOT)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_facts_of_a_page_are_those_of_the_models(page: Path):
    """`make docs` writes them anew."""
    assert current(page, page.read_text(encoding="utf-8"))


def test_every_public_component_has_a_page():
    public = {name for name in dir(components) if isinstance(getattr(components, name), type)}
    made = {name for name in public if issubclass(getattr(components, name), ComponentResource)}
    told = Counter(name for names in PAGES.values() for name in names)
    assert set(told) == made and set(told.values()) == {1}


@every_text
def test_a_link_leads_somewhere(file: Path):
    for target in re.findall(r"\]\(([^)\s]+)\)", file.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        page = (file.parent / path).resolve() if path else file
        assert page.exists(), f"{target}: there is no such file"
        if anchor:
            assert anchor in _anchors(page), f"{target}: there is no such heading"


@every_text
def test_a_file_that_is_named_is_there(file: Path):
    """Those written from the top of the tree; one with a place to fill in, or a pattern, is only looked at as one."""
    for name in re.findall(r"`([\w.-]+(?:/[\w.*<>{}-]+)+/?)`", file.read_text(encoding="utf-8")):
        top = name.partition("/")[0]
        if top in TOP and top not in _WRITTEN_LATER:
            assert any(ROOT.glob(re.sub(r"<[^>]*>|\{[^}]*\}", "*", name.rstrip("/")))), f"there is no {name}"


def test_a_test_that_another_one_names_is_there():
    named = {
        name
        for file in (ROOT / "tests").rglob("*.py")
        for name in re.findall(r"\btests(?:/\w+)+\.py\b", file.read_text(encoding="utf-8"))
    }
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_the_example_of_a_consumer_takes_the_wheel_that_is_built_here():
    requirements = (ROOT / "examples/one_component/requirements.txt").read_text(encoding="utf-8").splitlines()
    assert requirements[1:] == [f"../../dist/exquisite_mlops-{components.__version__}-py3-none-any.whl"]


@every_text
def test_a_make_target_that_is_named_is_there(file: Path):
    named = re.findall(r"(?:^|`|\()make (?:--\w+ )*([a-z][a-z-]*)", file.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(named) <= TARGETS


@every_text
def test_a_snippet_reads_as_what_it_says_it_is(file: Path):
    for language, code in _snippets(file):
        if language == "python":
            ast.parse(code)
        elif language == "yaml":
            yaml.safe_load(code)


def test_the_number_of_resources_in_readme_is_that_of_the_stack():
    said = re.findall(r"`pulumi up` of (\d+) resources", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert said == [str(len((GOLDEN / "local.txt").read_text().splitlines()))]


def test_readme_shows_the_picture_of_the_stack():
    assert "](docs/pictures/local.svg)" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_page_of_how_tos_is_in_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert not [page.name for page in (DOCS / "how-to").iterdir() if f"](docs/how-to/{page.name})" not in readme]


def test_every_account_of_the_stacks_is_on_a_page_with_its_rights():
    """Counted without the names of instances, from the lists of resources that reviews see."""
    listed = [
        line.split() for stack in ("local", "onprem") for line in (GOLDEN / f"{stack}.txt").read_text().splitlines()
    ]
    accounts = {name for kind, name in listed if kind == "kubernetes:core/v1:ServiceAccount"}
    told = set(re.findall(r"^\| `<name>([\w-]*)` \| [^|]+ \| [^|]+ \| [^|]+ \|$", _pages(), re.MULTILINE))
    untold = {name for name in accounts if not any(end and name.endswith(end) for end in told)}
    assert accounts and not untold


def test_every_port_that_a_service_offers_is_on_a_page():
    services = [made.inputs["spec"] for made in planned("local").all("Service")]
    offered = {(port["name"], int(port["port"])) for spec in services for port in spec["ports"]}
    pages = _pages()
    assert len(offered) > 15 and not {port for port in offered if f"| `{port[0]}` {port[1]} |" not in pages}


def test_what_an_account_may_do_in_the_cluster_and_in_a_cloud_is_told():
    argo = (DOCS / "components/argo.md").read_text(encoding="utf-8")
    assert "| `<name>-account` | Deployment `<name>-server` | in `argo-runs`: list/watch workflows" in argo
    assert (
        "secrets (`<name>-database` alone)" in argo
        and "reads and writes a folder of a bucket (AWS, Google Cloud)" in argo
    )
    datahub = (DOCS / "components/datahub.md").read_text(encoding="utf-8")
    assert re.search(r"`<name>-bucket-pipelines-account` .* reads a bucket \(AWS, Google Cloud\)", datahub)


def test_what_reads_and_writes_a_bucket_means_is_told_action_by_action():
    ground = (DOCS / "ground.md").read_text(encoding="utf-8")
    assert all(f"`{action}`" in ground for action in {*bucket_actions(True), bindings.READ, bindings.WRITE})


def test_what_writes_what_shows_whose_domain_it_is_may_do_is_told_action_by_action():
    ground = (DOCS / "ground.md").read_text(encoding="utf-8")
    rights = {*challenge_actions(True), *bindings.CHALLENGES, bindings.ZONE_READ}
    assert all(f"`{right}`" in ground for right in rights)


def _snippets(file: Path) -> Iterator[tuple[str, str]]:
    for indent, language, code in re.findall(
        r"^( *)```(\w+)\n(.*?)^ *```$", file.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    ):
        yield language, re.sub(f"^{indent}", "", code, flags=re.MULTILINE)


def _pages() -> str:
    return "".join(page.read_text(encoding="utf-8") for page in PAGES)


def _anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}
