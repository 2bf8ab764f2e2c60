"""One stack on a file backend of its own, driven by the `pulumi` command just as a user would."""

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from local import packs
from local.debian import Say
from local.errors import LocalError
from local.paths import REPOSITORY
from local.repair import repair

ENVIRONMENT = "exquisite-mlops:environment"
_PLAIN = "?metadata=skip"
"""To a file backend: no check sums beside the files. Making these took a quarter of the engine's time, and only the
files themselves are written in one piece."""
_KNOWN = {
    "incorrect passphrase": (
        "the passphrase doesn't open this stack's secrets",
        "unset PULUMI_CONFIG_PASSPHRASE and PULUMI_CONFIG_PASSPHRASE_FILE, or set the one that the stack was made with",
    ),
    "the stack is currently locked": (
        "another `pulumi` works on this stack",
        "wait for it to end, then run this again",
    ),
    "no space left on device": ("the disk is full", "free some space; nothing is lost, the next `make up` goes on"),
}


@dataclass(frozen=True)
class Stack:
    """`home` holds its backend, its passphrase and the working copy of its configuration; the checkout stays clean."""

    name: str
    home: Path
    source: Path
    """The stack file that a user edits."""
    environment: Mapping[str, str]
    """What `pulumi` needs to find its plugins and the cluster."""
    cluster: Mapping[str, str] = field(default_factory=dict)
    """What the embedded cluster says of itself, as the stack file's section of that name has it."""
    policies: str = ""
    """The stack, if it is another one, whose settings of the policy packs hold."""

    @property
    def config(self) -> Path:
        """Pulumi writes the salt of its encryption into the stack file, so it gets a copy."""
        return self._project / f"Pulumi.{self.name}.yaml"

    def prepare(self, say: Say) -> None:
        """Make the stack where it doesn't exist, take over the stack file as it is now, and repair what a run left."""
        self._project.mkdir(parents=True, exist_ok=True)
        (self.home / "backend").mkdir(exist_ok=True)
        shutil.copy(REPOSITORY / "Pulumi.yaml", self._project)
        manifest = self._project / "Pulumi.yaml"
        manifest.write_text(manifest.read_text(encoding="utf-8").replace("stackConfigDir: stacks\n", ""), "utf-8")
        if not self._passphrase.exists():
            with os.fdopen(os.open(self._passphrase, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(32))
        if not self.exists:
            say(f"making the stack {self.name}")
            self._quietly("stack", "init", self.name)
            self._unsure.unlink(missing_ok=True)
        salt = [line for line in self._config_lines() if line.startswith("encryptionsalt:")]
        self.config.write_text(self._source() + "\n".join(["", *salt, ""]), "utf-8")
        if repair(self, say):
            self._unsure.touch()

    def up(self, *options: str) -> None:
        """After a run that was cut short, what there is is looked at first: what it had begun to delete is gone now."""
        look = ["--refresh"] if self._unsure.exists() else []
        self.run("up", "--yes", "--skip-preview", *look, *packs.options(self.policies or self.name), *options)
        self._unsure.unlink(missing_ok=True)

    def run(self, verb: str, *options: str, **environment: str) -> str:
        """Run a verb that works on the whole program, show what it prints and hand it back. Raises LocalError."""
        command = ["pulumi", verb, "--stack", self.name, "--config-file", str(self.config), "--non-interactive"]
        process = subprocess.Popen(
            [*command, *options],
            cwd=REPOSITORY,
            env={**self.full_environment(), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        printed = []
        try:
            assert process.stdout is not None
            for line in process.stdout:
                sys.stdout.write(line)
                sys.stdout.flush()
                printed.append(line)
        finally:
            # Ctrl-C has reached the engine too, which now winds up and saves what it has done.
            failed = process.wait() != 0
            if failed:
                self._unsure.touch()
        if failed:
            raise self._failure(verb, "".join(printed))
        return "".join(printed)

    def outputs(self) -> dict[str, Any]:
        """With the secrets in the clear: for the one who asked, never for a log."""
        return dict(json.loads(self._quietly("stack", "output", "--json", "--show-secrets", "--stack", self.name)))

    def export(self) -> dict[str, Any]:
        """The state as it is stored, its secrets encrypted."""
        return dict(json.loads(self._quietly("stack", "export", "--stack", self.name)))

    def restore(self, state: Mapping[str, object]) -> None:
        self._quietly("stack", "import", "--stack", self.name, feed=json.dumps(state))

    def unlock(self) -> None:
        self._quietly("cancel", "--yes", "--stack", self.name)

    def destroy(self) -> None:
        """Remove every resource, then the stack itself.

        The state is saved once, at the end, and not twice for each resource: one that was deleted already is no error.
        """
        self.run("destroy", "--yes", "--skip-preview", PULUMI_SKIP_CHECKPOINTS="true")
        self._quietly("stack", "rm", "--yes", self.name)

    def forget(self) -> None:
        """Remove the stack without its resources: for a cluster that is gone, or is about to go, whole."""
        if self.exists:
            self._quietly("stack", "rm", "--yes", "--force", self.name)

    @property
    def locks(self) -> list[Path]:
        """The files by which an engine says that it works on this stack."""
        return sorted((self.home / "backend").glob(f".pulumi/locks/organization/*/{self.name}/*.json"))

    @property
    def exists(self) -> bool:
        return any((self.home / "backend").glob(f".pulumi/stacks/*/{self.name}.json"))

    def _source(self) -> str:
        """The stack file, completed by what only the machine knows; one that doesn't read is the program's to judge."""
        text = self.source.read_text(encoding="utf-8")
        if not self.cluster:
            return text
        try:
            whole = yaml.safe_load(text)
            environment = whole["config"][ENVIRONMENT]
            said = environment.get("cluster") or {}
            if said.get("kind", "given") != "given":
                return text
            environment["cluster"] = {**self.cluster, **said}
        except (yaml.YAMLError, AttributeError, KeyError, TypeError):
            return text
        return yaml.safe_dump(whole, sort_keys=False)

    def _config_lines(self) -> list[str]:
        return self.config.read_text(encoding="utf-8").splitlines() if self.config.exists() else []

    @property
    def _project(self) -> Path:
        return self.home / "project"

    @property
    def _passphrase(self) -> Path:
        return self.home / "passphrase"

    @property
    def _unsure(self) -> Path:
        """There while the state may be another than what there is."""
        return self.home / "unsure"

    def full_environment(self) -> dict[str, str]:
        given = {"PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"} & self.environment.keys()
        own = {} if given else {"PULUMI_CONFIG_PASSPHRASE_FILE": str(self._passphrase)}
        return {**self.environment, **own, "PULUMI_BACKEND_URL": f"file://{self.home / 'backend'}{_PLAIN}"}

    def _quietly(self, *words: str, feed: str | None = None) -> str:
        """A verb that works on the stack alone, without the program."""
        done = subprocess.run(
            ["pulumi", "--non-interactive", *words],
            cwd=self._project,
            env=self.full_environment(),
            input=feed,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise self._failure(" ".join(words[:2]), done.stderr)
        return done.stdout

    def _failure(self, verb: str, printed: str) -> LocalError:
        for sign, (problem, remedy) in _KNOWN.items():
            if sign in printed:
                return LocalError(problem, remedy)
        lines = [line.strip() for line in printed.splitlines() if "error:" in line]
        return LocalError(f"pulumi {verb} failed{': ' + lines[0] if lines else ''}", "mend that and run it again")
