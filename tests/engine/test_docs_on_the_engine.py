"""What README and docs say of the engine: its verbs and options, and the report of a stack, figures included."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from local import plan
from local.stack import Stack
from policies.report.forms import FORMATS
from tests.documents import ROOT, TEXTS, commands, fences, fences_of
from tests.unit.docs.test_commands import within_sentences

CHECK = ROOT / "docs/check.md"


def calls(file: Path) -> list[tuple[str, ...]]:
    """The words of each call of `pulumi` on a page."""
    typed = [line for fence in fences_of(file) if fence.language in ("sh", "console") for line, _ in fence.typed()]
    made = [*(one for line in typed for one in commands(line)), *(one for _, one in within_sentences(file))]
    return [one.words for one in made if one.program == "pulumi"]


@pytest.mark.parametrize("file", [file for file in TEXTS if calls(file)], ids=lambda file: file.name)
def test_the_engine_knows_the_verbs_and_options_that_a_page_has(file: Path, engine: Mapping[str, str]):
    for words in calls(file):
        verbs = [word for word in words[:2] if re.fullmatch(r"[a-z]+", word)]
        asked = ["pulumi", *verbs, "--help"]
        # By this variable the engine shows what it has for those who look into it, too, as the pages say.
        environment = {**engine, "PULUMI_DEBUG_COMMANDS": "true"}
        told = subprocess.run(asked, env=environment, capture_output=True, text=True).stdout
        known = f"pulumi {' '.join(verbs)}" in told or re.search(rf"^Aliases:\n.*\b{verbs[-1]}\b", told, re.MULTILINE)
        assert known, f"{file.name}: the engine has no `{' '.join(verbs)}`"
        for option in (word.partition("=")[0] for word in words if word.startswith("-")):
            assert re.search(rf"(?<![\w-]){re.escape(option)}\b", told), f"{file.name}: {verbs} takes no {option}"


def test_the_report_that_the_page_shows_is_that_of_today(tmp_path: Path, engine: Mapping[str, str]):
    """Line by line, by words; `...` stands for lines that are left out."""
    (shown,) = [one for one in fences() if one.file == CHECK and one.code.startswith("aws-dev: ")]
    stack = Stack("aws-dev", tmp_path / "home", ROOT / "stacks/Pulumi.aws-dev.yaml", engine)
    report = FORMATS["text"]([plan.check(stack)])
    said = {" ".join(line.split()) for line in report.splitlines()}
    missing = [line for line in shown.code.splitlines() if " ".join(line.split()) not in said and not _only_form(line)]
    assert not missing, f"{shown.place}:\n" + "\n".join([*missing, "", report])


def _only_form(line: str) -> bool:
    """Lines of dashes are as long as the longest word of a column, which may be one that the page leaves out."""
    return line.strip() == "..." or set(line) <= set("-= ")
