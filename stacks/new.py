"""`python -m stacks.new` writes a stack file from answers: asked for in a terminal, or given as flags."""

import argparse
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from components.compute.settings import CloudSettings
from components.types import Name

from .draft import LAYERS, Answers, closure, environment, text
from .environment import Environment

FOLDER = Path(__file__).parent
Ask = Callable[[str], str]

_QUESTIONS = {
    "name": "Name of the environment, for example team-a",
    "ground": "Where it stands: `given`, a cluster that is there, `aws`, or `gcp`",
    "size": "`small`, to try, or `standard`, with replicas",
    "layers": f"Layers, with commas between, of {', '.join(LAYERS)}",
    "accelerator": "GPUs: an accelerator such as A10G (in a cloud), `yes` (on a given cluster), or nothing",
    "gpu_nodes": "At most so many nodes with GPUs",
    "region": "Region, for example eu-west-1",
    "account": "Account of AWS, twelve digits, or project of Google Cloud",
    "number": "The project's number",
    "administrator": "Who administers the cluster: a role's ARN in AWS, or group:platform@example.org in Google Cloud",
    "owner": "Who owns it, for tags and bills",
}
_OF_A_CLOUD = {
    "aws": ("region", "account", "administrator", "owner"),
    "gcp": ("region", "account", "number", "administrator", "owner"),
}
_OF_CLOUDS = frozenset().union(*_OF_A_CLOUD.values())


class Refused(Exception):
    """Answers that make no stack file. Its text has a line for each mistake; nothing was written."""


def answers(given: dict[str, Any], ask: Ask | None) -> Answers:
    """Complete what the flags say by questions, where there is somebody to ask. Raises Refused for what is missing."""
    known: dict[str, Any] = {}
    for field in fields(Answers):
        if field.name in _OF_CLOUDS and field.name not in _OF_A_CLOUD.get(known["ground"], ()):
            continue
        if field.name == "gpu_nodes" and not known.get("accelerator"):
            continue
        default = given.get(field.name) or (field.default if isinstance(field.default, str | int | tuple) else "")
        said = given.get(field.name)
        if said is None and ask:
            shown = ",".join(default) if isinstance(default, tuple) else default
            said = ask(f"{_QUESTIONS[field.name]}{f' [{shown}]' if shown != '' else ''}: ").strip() or None
        if said is None and default == "" and field.name in ("name", *_OF_CLOUDS):
            raise Refused(f"--{field.name.replace('_', '-')} is missing: {_QUESTIONS[field.name]}")
        known[field.name] = default if said is None else said
    known["layers"] = _words(known["layers"])
    return Answers(**{**known, **({"gpu_nodes": int(known["gpu_nodes"])} if "gpu_nodes" in known else {})})


def write(asked: Answers, folder: Path = FOLDER) -> Path:
    """The new file. Raises Refused with every mistake, by the models themselves; nothing is written then."""
    file = folder / f"Pulumi.{asked.name}.yaml"
    unknown = [layer for layer in asked.layers if layer not in LAYERS]
    mistakes = [f"layers: there is no layer `{layer}`; there are {', '.join(LAYERS)}" for layer in unknown]
    try:
        TypeAdapter(Name).validate_python(asked.name)
    except ValidationError as error:
        mistakes.append(f"name: {error.errors()[0]['msg'].removeprefix('Value error, ')} (it is {asked.name!r})")
    if file.exists():
        mistakes.append(f"name: {file.name} is there already; take another name, or edit that file")
    raw = environment(asked)
    mistakes += [] if mistakes else Environment.read(raw)[1]
    if mistakes:
        raise Refused("\n".join(mistakes))
    file.write_text(text(raw), encoding="utf-8")
    return file


def told(asked: Answers) -> list[str]:
    """What follows from the answers, for whoever gave them."""
    added = sorted(closure(asked.layers) - {*asked.layers})
    lines = [f"layers: {', '.join(asked.layers)}; and what they stand on: {', '.join(added) or 'nothing else'}"]
    read, _ = Environment.read(environment(asked))
    if read is None or not isinstance(read.cluster, CloudSettings):
        return lines
    offer = read.cluster.offer
    for name, pool in read.cluster.gpu_pools.items():
        machine = offer.choose(pool)
        quota = f"ask {offer.cloud} for a quota of {machine.cpu * pool.max} vCPUs of {offer.family(machine)}"
        lines.append(f"GPU pool {name}: up to {pool.max} of {machine.name}, {machine.gpus} GPU(s) each; {quota}")
    return lines


def _words(said: Any) -> tuple[str, ...]:
    return tuple(word.strip() for word in said.split(",") if word.strip()) if isinstance(said, str) else tuple(said)


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make new-stack", description=__doc__)
    for field, question in _QUESTIONS.items():
        parser.add_argument(f"--{field.replace('_', '-')}", help=question.replace("%", "%%"))
    parser.add_argument("--no-check", action="store_true", help="don't plan it with `make check`")
    given = vars(parser.parse_args(words))
    plain = given.pop("no_check")
    try:
        asked = answers(given, input if sys.stdin.isatty() else None)
        file = write(asked)
    except Refused as refused:
        print(f"error: no stack file was written\n{refused}", file=sys.stderr)
        return 1
    print(f"wrote {file}", *told(asked), sep="\n")
    if plain:
        print(f"`make check STACK={asked.name}` shows what it would be made of")
        return 0
    return subprocess.run(["make", "--no-print-directory", "check", f"STACK={asked.name}"]).returncode


if __name__ == "__main__":
    sys.exit(main())
