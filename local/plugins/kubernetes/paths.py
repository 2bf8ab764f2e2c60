"""Steps into documents: `("spec", "containers", 0, "image")` and how the engine writes them."""

from collections.abc import Iterator
from typing import Any

from local.plugins.values import Secret

Path = tuple[str | int, ...]
MISSING = object()


def written(path: Path) -> str:
    """`path` as the engine and users write it: `spec.containers[0].image`, `data["a.b"]`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif any(character in step for character in '.[]"'):
            text += f"[{quoted(step)}]"
        else:
            text += f".{step}" if text else step
    return text


def quoted(step: str) -> str:
    return '"' + step.replace("\\", "\\\\").replace('"', '\\"') + '"'


def parsed(text: str) -> Path:
    """The inverse of `written`; a `*` stands for any step."""
    steps: list[str | int] = []
    rest = text
    while rest:
        if rest.startswith('["'):
            end = rest.index('"]', 2)
            steps.append(rest[2:end].replace('\\"', '"').replace("\\\\", "\\"))
            rest = rest[end + 2 :]
        elif rest.startswith("["):
            end = rest.index("]")
            steps.append("*" if rest[1:end] == "*" else int(rest[1:end]))
            rest = rest[end + 1 :]
        else:
            rest = rest.removeprefix(".")
            end = min((at for at in (rest.find("."), rest.find("[")) if at >= 0), default=len(rest))
            steps.append(rest[:end])
            rest = rest[end:]
    return tuple(steps)


def get(document: Any, path: Path) -> Any:
    """What is at `path`, looking through secrets; MISSING where there is nothing."""
    for step in path:
        if isinstance(document, Secret):
            document = document.value
        in_map = isinstance(document, dict) and step in document
        in_list = isinstance(document, list) and isinstance(step, int) and step < len(document)
        if not in_map and not in_list:
            return MISSING
        document = document[step]
    return document


def dig(document: Any, *steps: str | int, default: Any = None) -> Any:
    """What is at `steps`, or `default` where there is nothing or null."""
    found = get(document, steps)
    found = found.value if isinstance(found, Secret) else found
    return default if found is MISSING or found is None else found


def leaves(document: Any, at: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value that is no dict or list with something in it, with its path."""
    if isinstance(document, dict) and document:
        for key, item in document.items():
            yield from leaves(item, (*at, key))
    elif isinstance(document, list) and document:
        for index, item in enumerate(document):
            yield from leaves(item, (*at, index))
    else:
        yield at, document


def matches(path: Path, pattern: Path) -> bool:
    """Whether `path` is at, above or below `pattern`."""
    return all(mine == theirs or theirs == "*" for mine, theirs in zip(path, pattern, strict=False))
