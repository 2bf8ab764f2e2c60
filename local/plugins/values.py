"""Property values between the engine's protobuf form and plain Python.

The SDK's `PropertyValue` wraps every scalar in an object; the providers here mostly pass documents through to an API
server, so plain dicts and lists with two markers (`Secret`, `UNKNOWN`) are quicker and read better.
"""

from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf.struct_pb2 import ListValue, Struct, Value

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWN_OF_OTHER_TYPES = {
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "030794c1-ac77-496b-92df-f27374a8bd58",
    "e48ece36-62e2-4504-bad9-02848725956a",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
}


class _Unknown:
    """A value that only exists after the update. There is one instance, `UNKNOWN`."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __deepcopy__(self, memo: dict[int, Any]) -> "_Unknown":
        return self


UNKNOWN = _Unknown()


class Secret:
    """A value that the engine must encrypt in the state and hide in its display."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.value == other.value

    def __hash__(self) -> int:
        return hash(("secret", repr(self.value)))

    def __repr__(self) -> str:
        return "Secret(...)"


def decode(struct: Struct) -> dict[str, Any]:
    """The engine's properties as a dict; secrets and unknowns keep their markers."""
    return {key: _decode(value) for key, value in struct.fields.items()}


def encode(properties: Mapping[str, Any]) -> Struct:
    """The inverse of `decode`."""
    struct = Struct()
    for key, value in properties.items():
        struct.fields[key].CopyFrom(_encode(value))
    return struct


def plain(value: Any) -> Any:
    """`value` with the secret markers taken off (unknowns stay)."""
    if isinstance(value, Secret):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def any_of(value: Any, test: Callable[[Any], bool]) -> bool:
    """Whether `test` holds for `value` or for anything inside it."""
    if test(value):
        return True
    if isinstance(value, Secret):
        return any_of(value.value, test)
    if isinstance(value, Mapping):
        return any(any_of(item, test) for item in value.values())
    return isinstance(value, list) and any(any_of(item, test) for item in value)


def has_unknown(value: Any) -> bool:
    return any_of(value, lambda item: item is UNKNOWN)


def has_secret(value: Any) -> bool:
    return any_of(value, lambda item: isinstance(item, Secret))


def _decode(value: Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        text = value.string_value
        return UNKNOWN if text == _UNKNOWN or text in _UNKNOWN_OF_OTHER_TYPES else text
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "bool_value":
        return value.bool_value
    if kind == "list_value":
        return [_decode(item) for item in value.list_value.values]
    if kind == "struct_value":
        return _decode_struct(value.struct_value)
    return None


def _decode_struct(struct: Struct) -> Any:
    fields = struct.fields
    signature = fields[_SIGNATURE].string_value if _SIGNATURE in fields else ""
    if signature == _SECRET:
        inner = _decode(fields["value"])
        return inner if isinstance(inner, Secret) else Secret(inner)
    if signature == _OUTPUT:
        inner = _decode(fields["value"]) if "value" in fields else UNKNOWN
        return Secret(inner) if "secret" in fields and fields["secret"].bool_value else inner
    if signature == _RESOURCE:
        return _decode(fields["id"]) if "id" in fields else fields["urn"].string_value
    return {key: _decode(item) for key, item in fields.items()}


def _encode(value: Any) -> Value:
    if value is None:
        return Value(null_value=0)
    if isinstance(value, bool):
        return Value(bool_value=value)
    if isinstance(value, (int, float)):
        return Value(number_value=value)
    if isinstance(value, str):
        return Value(string_value=value)
    if value is UNKNOWN:
        return Value(string_value=_UNKNOWN)
    if isinstance(value, Secret):
        return Value(
            struct_value=Struct(fields={_SIGNATURE: Value(string_value=_SECRET), "value": _encode(value.value)})
        )
    if isinstance(value, Mapping):
        return Value(struct_value=encode(value))
    if isinstance(value, (list, tuple)):
        return Value(list_value=ListValue(values=[_encode(item) for item in value]))
    raise TypeError(f"a property cannot hold a {type(value).__name__}")
