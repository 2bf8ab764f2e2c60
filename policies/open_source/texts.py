"""Images in texts: YAML and JSON documents, and settings line by line where a text is neither."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

_HINT = re.compile(r"image|container_repository|\\[ux]", re.IGNORECASE)
_LINE = re.compile(
    r"""^[ \t]*(?:-[ \t]+)?["']?(?P<name>(?:[\w.-]*[_.-])?(?:image|container_repository)|[\w.-]+Image)["']?"""
    r"""[ \t]*[:=][ \t]*(?P<value>"[^"\n]*"|'[^'\n]*'|\{\{.*?\}\}|[^\s"'#,;]+)""",
    re.MULTILINE | re.IGNORECASE,
)
_MANIFEST = re.compile(r"\.(?:ya?ml|json|tpl|tmpl|j2|jinja2?)$", re.IGNORECASE)
# Beyond this a YAML parser takes seconds; a text of that length is read by lines.
_LONGEST_YAML = 256 * 1024


class TooNested(ValueError):
    """A text inside a text inside a text, deeper than any configuration goes."""


def too_nested() -> NoReturn:
    raise TooNested


def may_name_images(text: str) -> bool:
    return _HINT.search(text) is not None


def may_be_document(text: str) -> bool:
    """Whether a value may hold YAML or JSON, be it on one line as `containers: [...]`."""
    return "\n" in text or text.lstrip()[:1] in ("{", "[") or ": " in text


def is_manifest(name: str) -> bool:
    """Whether a file of this name is meant to be read as a manifest, or to become one."""
    return _MANIFEST.search(name) is not None


def documents(text: str) -> list[Any] | None:
    """The objects and lists that `text` consists of; None if it is no JSON or YAML, or a mere scalar."""
    found = _json(text)
    if found is None and len(text) <= _LONGEST_YAML:
        found = _yaml(text)
    structured = [document for document in found or () if isinstance(document, dict | list)]
    return structured or None


def lines(text: str) -> Iterator[tuple[int, str]]:
    """Number and value of each line that sets an image."""
    for match in _LINE.finditer(text):
        value = match["value"].strip("\"'")
        if match["name"].lower().endswith("repository"):
            tag = re.search(
                rf"^[ \t]*{re.escape(match['name'][: -len('repository')])}tag[ \t]*[:=][ \t]*(\S+)", text, re.M
            )
            value = f"{value}:{tag[1]}" if tag else value
        yield text[: match.start()].count("\n") + 1, value


def placeholders(document: Any) -> set[str]:
    """Placeholders `{{ name }}` to which the document itself gives a default, as Prefect's job templates do."""
    properties: Any = document
    for key in ("variables", "properties"):
        properties = properties.get(key) if isinstance(properties, Mapping) else None
    if not isinstance(properties, Mapping):
        return set()
    given = [name for name, schema in properties.items() if isinstance(schema, Mapping) and schema.get("default")]
    return {form for name in given for form in (f"{{{{ {name} }}}}", f"{{{{{name}}}}}")}


def _json(text: str) -> list[Any] | None:
    try:
        return [json.loads(text)]
    except RecursionError as error:
        raise TooNested from error
    except ValueError:
        return None


def _yaml(text: str) -> list[Any] | None:
    import yaml  # takes 30 ms that most stacks don't need

    loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
    try:
        return list(yaml.load_all(text, Loader=loader))
    except RecursionError as error:
        raise TooNested from error
    except (yaml.YAMLError, ValueError, TypeError):
        # Besides its own errors it lets those of dates and of keys that can't be hashed through.
        return None
