"""What is read from the engine's own log of a preview."""

from pathlib import Path

import pytest

from policies.open_source.reading import UNKNOWN
from policies.outside.errors import Unusable
from policies.report.events import read
from tests.unit.policies.report import previews
from tests.unit.policies.report.previews import made, said, urn, written


def test_a_resource_comes_with_its_parent_and_provider_and_without_what_is_secret_or_unknown(tmp_path: Path):
    provider = urn("pulumi:providers:aws", "cloud")
    inputs = {"size": 3, "id": previews.UNKNOWN, "password": previews.SECRET}
    event = made("aws:eks/cluster:Cluster", "plane", inputs, parent=urn("a:b:C", "top"), provider=f"{provider}::id")
    (one,) = read(written(tmp_path, event)).resources
    assert (one.name, one.parent, one.provider) == ("plane", urn("a:b:C", "top"), provider)
    assert one.props == {"size": 3, "id": UNKNOWN, "password": UNKNOWN}


def test_the_order_in_which_resources_come_makes_no_difference(tmp_path: Path):
    events = [made("a:b:C", name) for name in "cab"] + [said("budget", name, "no") for name in "ba"]
    assert read(written(tmp_path, *events)) == read(written(tmp_path, *reversed(events)))


def test_the_stack_itself_is_no_resource_and_gives_its_name(tmp_path: Path):
    preview = read(written(tmp_path, made("pulumi:pulumi:Stack", "it")))
    assert preview.stack == "shop" and preview.resources == ()


def test_what_refuses_is_told_from_what_only_notes_and_from_what_waits_for_the_update(tmp_path: Path):
    waits = "can't run policy 'named-rights' during preview: not known yet: policy"
    events = [
        said("budget", "a", "<{%bold%}>too dear<{%reset%}>\n"),
        said("seccomp", "b", "open", "advisory"),
        said("named-rights", "c", waits, "advisory"),
    ]
    found = {one.rule: one for one in read(written(tmp_path, *events)).findings}
    assert found["budget"].message == "too dear" and found["budget"].refused
    assert not found["seccomp"].refused and not found["seccomp"].is_later
    assert not found["named-rights"].refused and found["named-rights"].is_later


def test_a_rule_has_run_whether_it_found_anything_or_not(tmp_path: Path):
    each = {"policyAnalyzeSummaryEvent": {"passed": ["seccomp"], "failed": ["non-root"]}}
    stack = {"policyAnalyzeStackSummaryEvent": {"passed": ["budget"]}}
    assert read(written(tmp_path, each, stack)).rules == {"seccomp", "non-root", "budget"}


def test_errors_are_kept_and_the_rest_of_what_is_printed_is_not(tmp_path: Path):
    def printed(severity: str, message: str) -> dict:
        return {"diagnosticEvent": {"severity": severity, "message": message, "urn": urn("a:b:C", "plane")}}

    preview = read(written(tmp_path, printed("info", "hello"), printed("error", "no such region\n")))
    assert preview.errors == ("plane: no such region",)


def test_a_preview_that_ended_before_its_first_resource_has_the_name_that_it_is_given(tmp_path: Path):
    assert read(written(tmp_path), "shop").stack == "shop"


def test_another_file_is_refused_with_what_it_should_be(tmp_path: Path):
    file = tmp_path / "plan.txt"
    file.write_text("Previewing update")
    for path in (file, tmp_path / "nowhere"):
        with pytest.raises(Unusable, match="is no event log of `pulumi preview --event-log`"):
            read(path)
