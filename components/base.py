"""What every component's arguments share: frozen models that refuse an unknown field, and values known only later."""

from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pulumi import Output
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import InitErrorDetails, PydanticCustomError

Text: TypeAlias = str | Output[str]
"""A string that the program knows, or one that another resource will give."""

Secret = Annotated[Output[str], BeforeValidator(Output.secret)]
"""Whatever comes in is secret from here on: encrypted in the state, masked in every output of the engine."""


def _line(model: Any, one: dict[str, Any]) -> InitErrorDetails:
    """The same mistake; an unknown argument with its remedy."""
    said, name = str(one["msg"]), one["loc"][:1]
    if one["type"] == "extra_forbidden" and len(one["loc"]) == 1:
        near = get_close_matches(str(name[0]), model.model_fields, 1)
        remedy = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(sorted(model.model_fields))}"
        said = f"there is no such argument; {remedy}"
    kind = PydanticCustomError(one["type"], "{said}", {"said": said})
    return {"type": kind, "loc": one["loc"], "input": one["input"]}


def _known(model: Any) -> set[str]:
    return {*model.model_fields, *(field.alias for field in model.model_fields.values() if field.alias)}


if TYPE_CHECKING:  # for whom the fields of a model are the arguments of its class
    _Told = BaseModel
else:

    class _Telling(type(BaseModel)):
        """Tells a program that names an argument which isn't there which one it may have meant."""

        def __call__(cls, *given, **named):
            try:
                return super().__call__(*given, **named)
            except ValidationError as error:
                if named.keys() <= _known(cls):
                    raise
                lines = [_line(cls, dict(one)) for one in error.errors()]
                raise ValidationError.from_exception_data(error.title, lines) from None

    class _Told(BaseModel, metaclass=_Telling):
        pass


class Args(_Told):
    """The wires of a component: what the program passes in, Outputs of other layers included."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Settings(Args):
    """What a stack file may say of a component: plain values, in camelCase there and snake_case here."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)
