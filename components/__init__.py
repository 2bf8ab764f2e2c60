"""The platform's components, for this program and for any other: each is usable alone, with only its Args.

`__init__.pyi`, beside this file, names all that is public, once, for type checkers and for this module alike. A name is
loaded when it is first asked for, so that a program pays for the components that it takes, and needs no cloud's SDK
for one that stands in no cloud.
"""

import ast
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

__version__ = "0.2.0.dev0"
"""Of the package and of the plugin. A release is a tag `v` and this, with a section of that name in CHANGELOG.md.

Between releases it is the next one's, with `.dev0`: an installer takes a wheel of the same version for the same wheel.
"""

_CLOUDS = {"pulumi_aws": "aws", "pulumi_gcp": "gcp"}
"""Package of a cloud's SDK -> the extra that brings it."""


@cache
def _homes() -> dict[str, str]:
    """Public name -> the module that defines it."""
    listed = ast.parse(Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    imports = (node for node in listed.body if isinstance(node, ast.ImportFrom))
    return {alias.name: f".{node.module}" for node in imports for alias in node.names}


def __dir__() -> list[str]:
    return sorted(["__version__", *_homes()])


def __getattr__(name: str) -> Any:
    if name.startswith("_") or name not in _homes():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        value = getattr(import_module(_homes()[name], __name__), name)
    except ModuleNotFoundError as error:
        extra = _CLOUDS.get((error.name or "").partition(".")[0])
        if extra is None:
            raise
        raise ImportError(f"{name} needs an SDK that is missing: pip install 'exquisite-mlops[{extra}]'") from error
    globals()[name] = value
    return value
