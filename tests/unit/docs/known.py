"""What a command of a page may name: targets, kinds, namespaces and names of the stack, programs and their files."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from local.plan import FORMATS
from local.training import ENGINES
from reference.exposed import planned, pod
from reference.programs import ROOT
from reference.recording import Made
from tests.documents import Command, Fence, fences_of
from tests.mutation.modules import MODULES

PLACE = re.compile(r"PLACE-[\w-]*")
STACKS = {file.name.split(".")[1] for file in (ROOT / "stacks").glob("Pulumi.*.yaml")}
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
_VARIABLES = {*re.findall(r"\$\(([A-Z_]+)\)", MAKEFILE), "KUBECONFIG"} - {"MAKE", "CACHE", "VENV", "PYTHON", "LOCKED"}
_CORE = {"pod", "pods", "node", "nodes", "event", "events", "job", "jobs", "storageclass", "persistentvolumeclaims"}
"""That are there without the program, or are made while it runs."""
_ALONE = {"-i", "-it", "-t", "--follow", "--previous", "--server-side"}
"""Options that take no word."""


def make(fence: Fence, command: Command) -> Iterator[str]:
    """What is wrong with a call of `make`."""
    words = [word for word in command.words if not word.startswith("-")]
    targets = [word for word in words if "=" not in word]
    if len(targets) != 1 or targets[0] not in TARGETS:
        yield f"there is no target {' '.join(targets)}"
    for name, _, value in (word.partition("=") for word in [*words, *command.variables] if "=" in word):
        if name not in _VARIABLES:
            yield f"the Makefile reads no {name}"
        values = {"STACK": stacks_of(fence), "ENGINE": ENGINES, "FORMAT": FORMATS, "STEP": steps()}.get(name)
        if values is not None and value not in values and not _open(value):
            yield f"{name}={value} is none of {', '.join(sorted(values))}"
        if name == "MODULE" and (unknown := set(value.split()) - set(MODULES)):
            yield f"there is no module {unknown}"


def pulumi(fence: Fence, command: Command) -> Iterator[str]:
    """Verbs and options are asked of the real engine in tests/engine; here, what it is to work on."""
    stack = command.option("--stack")
    if stack and stack not in stacks_of(fence) and not _open(stack):
        yield f"there is no stack {stack}"
    for before, word in zip(command.words, command.words[1:], strict=False):
        if before == "--policy-pack" and not (ROOT / word / "PulumiPolicy.yaml").exists():
            yield f"there is no pack {word}"


def pip(_: Fence, command: Command) -> Iterator[str]:
    for before, word in zip(command.words, command.words[1:], strict=False):
        if before == "-r" and not (ROOT / word).exists():
            yield f"there is no {word}"


def kubectl(fence: Fence, command: Command) -> Iterator[str]:
    """Namespace, kinds, names, labels, containers and mounted files, as the stack `local` has them."""
    words = command.words[: command.words.index("--")] if "--" in command.words else command.words
    inside, command = " ".join(command.words), Command("kubectl", words)
    space = command.option("-n", "--namespace")
    made_here = planned("local").made
    own = [made for made in made_here if not space or _open(space) or _space(made) == space]
    if space and space not in namespaces() and not _open(space) and space not in _said_in_stack_files(fence):
        yield f"there is no namespace {space}"
    if space and space not in namespaces() and not _open(space):
        return
    for kinds, name in _named(words):
        for kind in kinds.split(","):
            matching = [made for made in own if _is_of_kind(made, kind)]
            if kind not in _CORE and kind not in _defined() and not matching:
                yield f"{space or 'no namespace'} has no {kind}"
            if not name or _open(name, whole=True):
                continue
            if kind not in _CORE and name not in map(_called, matching):
                yield f"{space} has no {kind} {name}"
            if kind in _CORE and f"{kind} {name}" not in fence.code:
                yield f"nothing here makes {kind} {name}"
    label = command.option("-l")
    if label and not any(_labelled(made, label) for made in own):
        yield f"nothing in {space} has the label {label}"
    container = command.option("-c")
    if container and container not in {one["name"] for made in own for one in _containers(made)}:
        yield f"{space} has no container {container}"
    mounted = [mount["mountPath"] for made in own for one in _containers(made) for mount in one.get("volumeMounts", [])]
    for path in re.findall(r"/etc/[\w./-]+", inside):
        if not any(path.startswith(mount) for mount in mounted):
            yield f"nothing in {space} has {path}"


def python(fence: Fence, command: Command) -> Iterator[str]:
    """A module or a file of this tree, with a step of the stack; variables before it are ones that it reads."""
    if command.words[:1] == ("-m",):
        file = ROOT / command.words[1].replace(".", "/")
        if not file.with_suffix(".py").exists() and not (file / "__main__.py").exists():
            yield f"there is no module {command.words[1]}"
        return
    if command.words[:1] == ("-c",):
        compile(command.words[1], fence.place, "exec")
        return
    program = ROOT / command.words[0]
    if not program.is_file():
        yield f"there is no {command.words[0]}"
        return
    if unknown := set(command.words[1:]) - steps():
        yield f"the stack has no step {unknown}"
    near = "".join(one.read_text(encoding="utf-8") for one in program.parent.glob("*.py"))
    near += (ROOT / "requirements.txt").read_text(encoding="utf-8").replace("-", "_").upper()
    for name in re.findall(r"\b([A-Z]+_[A-Z_]+)=", fence.code):
        if name not in near and name.partition("_")[0] not in near.upper():
            yield f"{command.words[0]} reads no {name}"


def stacks_of(fence: Fence) -> set[str]:
    """Those of the tree, and those that the page has the wizard write."""
    text = fence.file.read_text(encoding="utf-8")
    return {*STACKS, *re.findall(r"--name ([a-z][\w-]*)", text)}


@cache
def steps() -> set[str]:
    return {made.inputs["metadata"]["name"] for made in planned("local").all("WorkflowTemplate")}


@cache
def namespaces() -> set[str]:
    return {
        made.inputs["metadata"]["name"] for made in planned("local").made if made.type.endswith("core/v1:Namespace")
    }


@cache
def _defined() -> set[str]:
    definitions = (made for stack in ("local", "onprem") for made in planned(stack).all("CustomResourceDefinition"))
    plain = {(made.inputs["spec"]["names"]["plural"], made.inputs["spec"]["group"]) for made in definitions}
    return {plural for plural, _ in plain} | {".".join(both) for both in plain}


def _named(words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Kinds and name of what a command is about."""
    verb, *plain = [*_plain(words), ""]
    if verb in ("taint", "label"):
        return
    yield from (word.partition("/")[::2] for word in plain if "/" in word and word != "-")
    if verb in ("get", "scale", "describe") and plain[0] and "/" not in plain[0]:
        yield plain[0], "".join(plain[1:2])
    if verb == "create" and plain[0] == "token" and plain[1] != "default":
        yield "serviceaccount", plain[1]
    if verb == "exec" and plain[0] and not _open(plain[0], whole=True) and "/" not in plain[0]:
        yield "statefulset", plain[0].rpartition("-")[0]


def _plain(words: tuple[str, ...]) -> Iterator[str]:
    """Without options, and without what stands behind those that take a word."""
    takes = False
    for word in words:
        if takes or (word.startswith("-") and word != "-"):
            takes = not takes and "=" not in word and word not in _ALONE
            if word.startswith("--from="):
                yield word.removeprefix("--from=")
        else:
            yield word


def _is_of_kind(made: Made, kind: str) -> bool:
    return made.type.startswith("kubernetes:") and kind.lower() in (
        made.kind.lower(),
        f"{made.kind.lower()}s",
        f"{made.kind.lower()[:-1]}ies",
    )


def _called(made: Made) -> str:
    """With the page's own word for what the engine puts behind a name."""
    return made.inputs.get("metadata", {}).get("name") or f"{made.name}-PLACE-hash"


def _labelled(made: Made, label: str) -> bool:
    key, _, value = label.partition("=")
    labels = {
        **(made.inputs.get("metadata") or {}).get("labels", {}),
        **pod(made).get("metadata", {}).get("labels", {}),
    }
    return labels.get(key) == value


def _containers(made: Made) -> list[dict[str, Any]]:
    spec: Mapping[str, Any] = pod(made).get("spec", {})
    return [*spec.get("initContainers", []), *spec.get("containers", [])]


def _space(made: Made) -> str:
    metadata = made.inputs.get("metadata")
    return str(metadata.get("namespace")) if isinstance(metadata, dict) else ""


def _open(word: str, whole: bool = False) -> bool:
    """Whether it has a place to fill in, or is one as a whole."""
    return bool(PLACE.fullmatch(word) if whole else PLACE.search(word)) or word == "..." or word.startswith("$")


def _said_in_stack_files(fence: Fence) -> str:
    return "".join(one.code for one in fences_of(fence.file) if one.language == "yaml")
