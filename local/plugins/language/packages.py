"""What the Python environment has: provider SDKs, for the engine's plugins, and all packages, for `pulumi about`."""

import importlib.metadata
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

_PLUGIN_FILE = "pulumi-plugin.json"


class Plugin(NamedTuple):
    """A resource plugin that an installed SDK asks for."""

    name: str
    version: str
    server: str = ""


def required_plugins() -> Iterator[Plugin]:
    """The plugin of each installed provider SDK, at the version that the SDK names."""
    for distribution in importlib.metadata.distributions():
        name = (distribution.metadata["Name"] or "").lower().replace("_", "-")
        about = _about(distribution) if name.startswith("pulumi-") and name != "pulumi-policy" else {}
        if about.get("resource"):
            version = about.get("version") or distribution.version
            yield Plugin(
                about.get("name") or name.removeprefix("pulumi-"), version.removeprefix("v"), about.get("server", "")
            )


def installed() -> Iterator[tuple[str, str]]:
    """Name and version of every package in the environment."""
    for distribution in importlib.metadata.distributions():
        if name := distribution.metadata["Name"]:
            yield name, distribution.version


def sdk_version(name: str) -> str:
    """The plugin version that the SDK `pulumi-<name>` asks for, for "" the SDK's own; "0.0.0" if there is none."""
    try:
        distribution = importlib.metadata.distribution(f"pulumi-{name}" if name else "pulumi")
    except importlib.metadata.PackageNotFoundError:
        return "0.0.0"
    return str(_about(distribution).get("version") or distribution.version).removeprefix("v")


def _about(distribution: importlib.metadata.Distribution) -> dict[str, Any]:
    for file in distribution.files or ():
        if file.name == _PLUGIN_FILE and len(file.parts) == 2:
            return json.loads(file.read_text())
    return {}
