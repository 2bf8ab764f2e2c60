"""The engine's `ResourceProvider`: makes the components that programs in other languages ask for."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from pulumi import Inputs, Output, ResourceOptions
from pulumi.provider import ConstructResult, Provider, main
from pydantic import BaseModel

from plugin.arguments import arguments
from plugin.offered import HANDLES, NOT_OFFERED, VERSION, Component, can_cross, offered, spelled
from plugin.wires import Wires, place

_SCHEMA = Path(__file__).with_name("schema.json")


class Components(Provider):
    """All components of this repository, by the tokens that they register themselves under.

    `pulumi.provider.experimental` would read the schema off the components' own types, but knows neither pydantic's
    models nor unions. This is the class that it builds on itself.
    """

    def __init__(self) -> None:
        super().__init__(VERSION, _SCHEMA.read_text(encoding="utf-8"))
        self._wires = Wires()

    def construct(
        self, name: str, resource_type: str, inputs: Inputs, options: ResourceOptions | None = None
    ) -> ConstructResult:
        """Raises InputPropertiesError, before any resource is made, for arguments that the component would refuse."""
        one = _component(resource_type)
        args = arguments(one.args, inputs, self._wires)
        made = one.kind(name, args, options)
        at = place(resource_type, name)
        outputs = _outputs(one, made, args).items()
        return ConstructResult(made.urn, {spelled(key): self._shown(value, f"{at}.{key}") for key, value in outputs})

    def _shown(self, value: Any, at: str) -> Any:
        """As other processes can read it."""
        if isinstance(value, HANDLES):
            self._wires.keep(at, value)
            return at
        if isinstance(value, BaseModel):
            self._wires.keep(at, value)
            known = {
                spelled(name, field): getattr(value, name)
                for name, field in type(value).model_fields.items()
                if can_cross(field.annotation)
            }
            return self._map(known, at)
        if is_dataclass(value) and not isinstance(value, type):
            return self._map({spelled(field.name): getattr(value, field.name) for field in fields(value)}, at)
        if isinstance(value, Mapping):
            return self._map(value, at)
        if isinstance(value, tuple | list):
            return [self._shown(one, f"{at}[{index}]") for index, one in enumerate(value)]
        return value if isinstance(value, Output | str | int | float | bool) else str(value)

    def _map(self, known: Mapping[str, Any], at: str) -> dict[str, Any]:
        return {key: self._shown(one, f"{at}.{key}") for key, one in known.items() if one is not None}


def _component(token: str) -> Component:
    """Raises LookupError for one that isn't offered."""
    if token in offered():
        return offered()[token]
    name = token.rpartition(":")[2]
    why = f"{name} is for Python programs alone: {NOT_OFFERED[name]}" if name in NOT_OFFERED else f"there is no {token}"
    raise LookupError(f"{why}; there are {', '.join(offered())}")


def _outputs(one: Component, made: Any, args: Any) -> dict[str, Any]:
    """What it hands to others, each bucket by its name included, and each folder as `bucket/folder`."""
    known = {name: getattr(made, name) for name in one.outputs if hasattr(made, name)}
    if "buckets" in one.outputs:
        names = dict.fromkeys((*args.buckets, *args.settings.buckets))
        folders = [(name, folder) for name, inside in args.folders.items() for folder in inside]
        known["buckets"] = {
            **{name: made.bucket(name) for name in names},
            **{f"{name}/{folder}": made.bucket(name, folder) for name, folder in folders},
        }
    return known


def serve(words: list[str]) -> None:
    """Serve it to the engine whose address is the first of `words`."""
    main(Components(), words)
