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
from reference.pages import PAGES, current
from tests.unit.test_program import KEY

ROOT = Path(__file__).parents[2]
TEXTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
TOP = {path.name for path in ROOT.iterdir()}
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
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


@every_text
def test_a_snippet_of_a_stack_file_names_sections_that_there_are(file: Path):
    from stacks.environment import Environment

    known = {field.alias for field in Environment.model_fields.values()}
    for language, code in _snippets(file):
        whole = yaml.safe_load(code) if language == "yaml" else None
        environment = (whole.get("config") or {}).get(KEY) if isinstance(whole, dict) else None
        if environment:
            assert set(environment) <= known


def _snippets(file: Path) -> Iterator[tuple[str, str]]:
    for indent, language, code in re.findall(
        r"^( *)```(\w+)\n(.*?)^ *```$", file.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    ):
        yield language, re.sub(f"^{indent}", "", code, flags=re.MULTILINE)


def _anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}
