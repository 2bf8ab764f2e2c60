"""A throw-away Pulumi project: a program, a stack on a file backend, and the `pulumi` command on them."""

import json
import os
import re
import subprocess
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TIMEOUT_SECONDS = 600


@dataclass(frozen=True)
class Result:
    """How a command ended and all that it printed."""

    code: int
    text: str

    @property
    def changes(self) -> dict[str, int]:
        """The numbers of the summary: `+ 4 created` as {"created": 4}."""
        summary = self.text.rpartition("Resources:")[2].partition("\n\n")[0]
        found = re.findall(r"(\d+) (created|updated|replaced|deleted|unchanged|imported|errored)", summary)
        return {what: int(number) for number, what in found}


@dataclass(frozen=True)
class Project:
    """The project in `folder`. `environment` has what `pulumi` needs."""

    folder: Path
    environment: Mapping[str, str]

    def write(self, program: str) -> None:
        """Make `program` the one that the next command runs."""
        imports = "import pulumi\nimport pulumi_kubernetes as k8s\nimport pulumi_random as random\n"
        (self.folder / "__main__.py").write_text(imports + textwrap.dedent(program))

    def pulumi(self, *arguments: str) -> Result:
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive", "--color=never"],
            cwd=self.folder,
            env=dict(self.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_TIMEOUT_SECONDS,
        )
        return Result(done.returncode, done.stdout)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Run a command beside the test, in a process group of its own."""
        return subprocess.Popen(
            ["pulumi", *arguments, "--non-interactive", "--color=never"],
            cwd=self.folder,
            env=dict(self.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def up(self, *options: str) -> Result:
        return _succeeded(self.pulumi("up", "--yes", "--skip-preview", *options))

    def preview(self, *options: str) -> Result:
        return _succeeded(self.pulumi("preview", *options))

    def refresh(self, *options: str) -> Result:
        return _succeeded(self.pulumi("refresh", "--yes", "--skip-preview", *options))

    def destroy(self) -> Result:
        return _succeeded(self.pulumi("destroy", "--yes", "--skip-preview"))

    def refused(self, *arguments: str) -> str:
        """What a command says that must fail."""
        result = self.pulumi(*arguments)
        assert result.code != 0, result.text
        return result.text

    def outputs(self) -> dict[str, Any]:
        return dict(json.loads(_succeeded(self.pulumi("stack", "output", "--json", "--show-secrets")).text))

    def state(self) -> list[dict[str, Any]]:
        """The stack's resources as stored, secrets encrypted."""
        exported = json.loads(_succeeded(self.pulumi("stack", "export")).text)
        return list(exported["deployment"].get("resources", []))

    def resource(self, name: str) -> dict[str, Any]:
        return next(item for item in self.state() if item["urn"].endswith(f"::{name}"))


def make(folder: Path, environment: Mapping[str, str]) -> Project:
    """A new project with a stack, in the empty `folder`."""
    (folder / "program").mkdir()
    (folder / "state").mkdir()
    (folder / "passphrase").write_text("open sesame")
    (folder / "program" / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
    project = Project(
        folder / "program",
        {
            **environment,
            "PULUMI_BACKEND_URL": f"file://{folder / 'state'}?metadata=skip",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(folder / "passphrase"),
        },
    )
    _succeeded(project.pulumi("stack", "init", "test"))
    return project


def base_environment(home: Path) -> dict[str, str]:
    """This process's environment less what would lead `pulumi` to anything outside the test."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PULUMI_", "KUBE"))}
    return {**kept, "PULUMI_HOME": str(home)}


def _succeeded(result: Result) -> Result:
    assert result.code == 0, result.text
    return result
