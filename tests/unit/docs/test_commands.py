"""Commands in README and docs: those that need no cluster are run, and of the others everything named is there."""

import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from reference.programs import KEY
from stacks import new
from stacks.environment import Environment
from tests.documents import TEXTS, Command, Fence, commands, fences
from tests.unit.docs import known
from tests.unit.docs.sandbox import ENDPOINTS, Sandbox

Check = Callable[[Fence, Command], Iterator[str]]
TYPED = [
    (fence, line, printed)
    for fence in fences()
    if fence.language in ("sh", "console")
    for line, printed in fence.typed()
]
HELD: Mapping[str, Check] = {
    "make": known.make,
    "pulumi": known.pulumi,
    "pip": known.pip,
    "kubectl": known.kubectl,
    "python": known.python,
    ".venv/bin/python": known.python,
}
OF_OTHERS = {
    "aws": "asks Amazon",
    "curl": "calls what runs",
    "gcloud": "asks Google",
    "helm": "renders somebody else's chart",
    "prefect": "a client that calls what runs",
    "$alluxio": "kubectl, as the line above it says",
}
"""Programs of which a page is believed, with the reason why nothing here can hold them against anything."""
OF_THE_SHELL = {"", "export", "eval", "cat", "sed", "base64"}


def runs(line: str) -> bool:
    """Whether it can be run here: the packs' commands and what feeds them, but not what asks a registry."""
    made = list(commands(line))
    of_packs = [one for one in made if one.words[:2] == ("-m", "policies")]
    feeds = [one for one in made if one.program == "pulumi" and {"--json", "--event-log"} & set(one.words)]
    return bool(of_packs or feeds) and "images lock" not in line


def ids(typed: tuple[Fence, str, str]) -> str:
    return f"{typed[0].place} {typed[1][:50]}"


@pytest.mark.parametrize("typed", TYPED, ids=ids)
def test_every_program_of_a_command_is_known(typed: tuple[Fence, str, str]):
    fence, line, _ = typed
    programs = {command.program for command in commands(line)}
    unknown = programs - HELD.keys() - OF_OTHERS.keys() - OF_THE_SHELL
    assert not unknown, f"{fence.place}: say in HELD or OF_OTHERS what {unknown} is held against"


@pytest.mark.parametrize("typed", TYPED, ids=ids)
def test_what_a_command_names_is_there(typed: tuple[Fence, str, str]):
    fence, line, _ = typed
    for command in commands(line):
        if command.program in HELD:
            wrong = list(HELD[command.program](fence, command))
            assert not wrong, f"{fence.place}: {line}: {'; '.join(wrong)}"


def within_sentences(file: Path) -> Iterator[tuple[Fence, Command]]:
    """Commands in backticks, each program of a pipe by itself."""
    text = re.sub(r"^ *```.*?^ *```$", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for said in re.findall(r"`((?:[A-Z_]+=\S+ )?(?:make|python|pulumi|pip|kubectl) [^`]+)`", text):
        for command in commands(" ".join(said.split()).replace("...", "PLACE-hash")):
            yield Fence(file, 0, "sh", said, 0), command


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: file.name)
def test_what_a_command_within_a_sentence_names_is_there(file: Path):
    for fence, command in within_sentences(file):
        if command.program in HELD:
            wrong = list(HELD[command.program](fence, command))
            assert not wrong, f"{file.name}: `{fence.code}`: {'; '.join(wrong)}"


@pytest.mark.parametrize("file", sorted({fence.file for fence, line, _ in TYPED if runs(line)}), ids=lambda f: f.name)
def test_commands_that_need_no_cluster_run_and_print_what_the_page_shows(file: Path, tmp_path: Path):
    """One after the other, as a reader of the page would."""
    sandbox = Sandbox.make(tmp_path)
    ran = 0
    for fence, line, printed in TYPED:
        if fence.file == file and runs(line):
            done = sandbox.run(line)
            ran += 1
            assert done.returncode == 0, f"{fence.place}: {line}: {done.stdout}{done.stderr}"
            for shown in printed.splitlines():
                wanted = re.escape(shown).replace(r"\.\.\.", ".*")
                assert re.search(f"^{wanted}$", done.stdout, re.MULTILINE), f"{fence.place}: {shown!r}: {done.stdout}"
    assert ran


def test_the_commands_that_log_from_this_machine_find_the_login(tmp_path: Path):
    (fence, line), *_ = [(fence, line) for fence, line, _ in TYPED if line.startswith("eval ")]
    done = Sandbox.make(tmp_path).run(f"{line}\nenv")
    for name, key in (("URI", "url"), ("USERNAME", "username"), ("PASSWORD", "password")):
        assert f"MLFLOW_TRACKING_{name}={ENDPOINTS['mlflow'][key]}\n" in done.stdout, f"{fence.place}: {done.stderr}"


@pytest.mark.parametrize("typed", [typed for typed in TYPED if "FLAGS=" in typed[1]], ids=ids)
def test_flags_of_the_wizard_write_a_valid_stack_file(typed: tuple[Fence, str, str], tmp_path: Path, monkeypatch):
    _, line, _ = typed
    (command,) = commands(line)
    monkeypatch.setattr(new, "FOLDER", tmp_path)
    monkeypatch.setattr(new.write, "__defaults__", (tmp_path,))
    flags = shlex.split(next(word for word in command.words if word.startswith("FLAGS=")).removeprefix("FLAGS="))
    assert new.main([*flags, "--no-check"]) == 0
    (file,) = tmp_path.iterdir()
    read, mistakes = Environment.read(yaml.safe_load(file.read_text())["config"][KEY])
    assert read and not mistakes


@pytest.mark.parametrize(
    "line, wrong",
    [
        ("make cheque", "there is no target cheque"),
        ("make check STAK=local", "the Makefile reads no STAK"),
        ("make check STACK=lokal", "STACK=lokal is none of"),
        ("make train ENGINE=dagster", "ENGINE=dagster is none of"),
        ("pulumi up --stack nowhere", "there is no stack nowhere"),
        ("pulumi up --policy-pack policies/none", "there is no pack policies/none"),
        ("pip install -r policies/requirements.txt", "there is no policies/requirements.txt"),
        ("python examples/argo/start.py", "there is no examples/argo/start.py"),
        ("python examples/argo/run.py trainig", "the stack has no step"),
        ("python -m policy check", "there is no module policy"),
        ("kubectl get pods -n trackin", "there is no namespace trackin"),
        ("kubectl get datasetz -n datasets", "datasets has no datasetz"),
        ("kubectl port-forward -n search service/elastic 9200", "search has no service elastic"),
        ("kubectl get pods -n databases -l app.kubernetes.io/component=srv", "nothing in databases has the label"),
        ("kubectl exec -n alluxio <pod> -c worker -- ls", "alluxio has no container worker"),
        ("kubectl exec -n cache <pod> -- cat /etc/redis/password", "nothing in cache has /etc/redis/password"),
        ("kubectl logs job/monday -n luigi-runs", "nothing here makes job monday"),
        ("kubectl create token argo-human -n argo", "argo has no serviceaccount argo-human"),
    ],
)
def test_a_wrong_name_in_a_command_is_seen(line: str, wrong: str):
    fence = Fence(TEXTS[0], 1, "sh", line, 0)
    found = [problem for command in commands(line) for problem in HELD[command.program](fence, command)]
    assert any(wrong in problem for problem in found), found
