"""Which engine and which cluster an environment on this machine uses: the user's own, or the ones built here."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from local import cluster, plugins, toolchain
from local.debian import Say
from local.errors import LocalError
from local.paths import KUBECONFIG, REPOSITORY, STATE
from local.stack import ENVIRONMENT, Stack
from stacks.kinds import USUAL, told

if TYPE_CHECKING:
    from stacks.environment import Environment

_REMEDY = "set KUBECONFIG to a file that `kubectl` accepts, or unset it for the embedded cluster"


@dataclass(frozen=True)
class Surroundings:
    """What the user's environment says."""

    given_kubeconfig: str | None
    """As KUBECONFIG has it: a file, or several, separated as on PATH, that `kubectl` reads as one."""
    has_engine: bool

    @classmethod
    def find(cls, environ: Mapping[str, str] = os.environ) -> "Surroundings":
        """A cluster is given by KUBECONFIG; an engine by a `pulumi` on PATH that has its Python language host."""
        given = environ.get("KUBECONFIG") or None
        engine = bool(shutil.which("pulumi") and shutil.which("pulumi-language-python"))
        return cls(_checked(given) if given and Path(given) != KUBECONFIG else None, engine)

    @property
    def kubeconfig(self) -> str:
        return self.given_kubeconfig or str(KUBECONFIG)

    def engine(self, say: Say) -> dict[str, str]:
        """The environment in which `pulumi` and its plugins are found, the engine built if there is none."""
        base = {**os.environ, "KUBECONFIG": self.kubeconfig, "PULUMI_SKIP_UPDATE_CHECK": "true"}
        if self.has_engine:
            say(f"using {shutil.which('pulumi')}")
            # Packs run with whatever `python3` comes first: it has to be the one that has the SDKs.
            return {**base, "PATH": os.pathsep.join([str(Path(sys.prefix) / "bin"), base.get("PATH", os.defpath)])}
        return plugins.environment(base, toolchain.build(toolchain.ENGINE, say))

    def stack(self, name: str, say: Say) -> Stack:
        """The stack of that name, as its file in `stacks/` has it."""
        source = stack_file(name)
        # A stack on the user's cluster is another one than that of the same name on the embedded cluster.
        where, facts = ("given", {}) if self.given_kubeconfig else ("embedded", cluster.FACTS)
        return Stack(name, STATE / "stacks" / where / name, source, self.engine(say), facts)

    def kubectl(self, *words: str, feed: str | None = None) -> None:
        """Show what kubectl says of this cluster. Raises LocalError if it fails."""
        if subprocess.run([self._kubectl(), *words], env=self._environment, input=feed, text=True).returncode:
            raise LocalError(f"kubectl {' '.join(words)} failed", "its message is above")

    def kubectl_output(self, *words: str) -> str:
        """What kubectl prints, for a program. Raises LocalError if it fails, or if it prints nothing."""
        done = subprocess.run([self._kubectl(), *words], env=self._environment, capture_output=True, text=True)
        if done.returncode or not done.stdout.strip():
            told = done.stderr.strip() or "it found nothing"
            raise LocalError(f"kubectl {' '.join(words)} failed: {told}", "see `make status` for what runs")
        return done.stdout

    @property
    def _environment(self) -> dict[str, str]:
        """For kubectl, whose option `--kubeconfig` takes one file alone."""
        return {**os.environ, "KUBECONFIG": self.kubeconfig}

    def _kubectl(self) -> str:
        program = shutil.which("kubectl")
        if self.given_kubeconfig is None:
            program = str(toolchain.build(toolchain.CLUSTER, lambda _: None) / "kubectl")
        if program is None:
            raise LocalError("there is no kubectl on PATH", "install it, as for any cluster of your own")
        return program


def stack_file(name: str) -> Path:
    """What a user edits. Raises LocalError where there is none of that name."""
    source = REPOSITORY / "stacks" / f"Pulumi.{name}.yaml"
    if not source.exists():
        known = ", ".join(stack_names())
        raise LocalError(f"there is no stack {name}", f"write {source.name} in stacks/, or take one of {known}")
    return source


def stack_names() -> list[str]:
    """All that have a file."""
    return sorted(file.name.split(".")[1] for file in (REPOSITORY / "stacks").glob("Pulumi.*.yaml"))


def sections(name: str) -> set[str]:
    """The layers that a stack file has on, and kinds of them: `database.operator`. Mistakes are for others to tell."""
    on = {key: value for key, value in _environment(name).items() if value is not None}
    kinds = {key: value["kind"] for key, value in on.items() if isinstance(value, dict) and "kind" in value}
    return {*on, *(f"{key}.{kind}" for key, kind in kinds.items())}


def refuse_cloud(name: str) -> None:
    """Raises LocalError for a stack whose cluster is made in a cloud: the stand-ins here can only plan that."""
    cluster = _environment(name).get("cluster")
    kind = cluster["kind"] if isinstance(cluster, dict) else USUAL["cluster"]
    if kind != USUAL["cluster"]:
        raise LocalError(
            f"the stack {name} stands on {kind}, and not on this machine",
            f"`make check STACK={name}` plans it; `pulumi up --stack {name}` of an installed Pulumi makes it",
        )


def model(name: str) -> "Environment":
    """The stack file as the program reads it, defaults included. Raises LocalError if a field of it is wrong.

    Whether the sections fit together, the program says before it changes something.
    """
    from stacks.environment import Environment  # loads every component, which takes a second: only where it is needed

    read, mistakes = Environment.read(_environment(name))
    if read is None:
        raise LocalError(f"stacks/Pulumi.{name}.yaml has mistakes: {'; '.join(mistakes)}", "mend these first")
    return read


def _environment(name: str) -> dict[str, Any]:
    """What the stack file says, each section with its kind."""
    try:
        config = (yaml.safe_load(stack_file(name).read_text(encoding="utf-8")) or {}).get("config") or {}
    except yaml.YAMLError as error:
        raise LocalError(f"stacks/Pulumi.{name}.yaml is not YAML", str(error)) from error
    return told(config.get(ENVIRONMENT) or {})


def _checked(given: str) -> str:
    """What at least reads as kubeconfig, in one file or several. Raises LocalError naming what is wrong with it."""
    files = [Path(one) for one in given.split(os.pathsep) if one]
    # Of several, kubectl passes over those that aren't there.
    there = [file for file in files if file.exists()] or files
    if not any([_names_clusters(file) for file in there]):
        raise LocalError(f"the kubeconfig {given} names no cluster", _REMEDY)
    return given


def _names_clusters(kubeconfig: Path) -> bool:
    try:
        content = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
    except OSError as error:
        raise LocalError(f"cannot read the kubeconfig {kubeconfig} ({error.strerror})", _REMEDY) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LocalError(f"the kubeconfig {kubeconfig} is not YAML", _REMEDY) from error
    return isinstance(content, dict) and bool(content.get("clusters"))
