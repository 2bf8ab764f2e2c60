"""What every component's arguments share: frozen models that refuse an unknown field, and values known only later."""

from typing import Annotated, TypeAlias

from pulumi import Output
from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

Text: TypeAlias = str | Output[str]
"""A string that the program knows, or one that another resource will give."""

Secret = Annotated[Output[str], BeforeValidator(Output.secret)]
"""Whatever comes in is secret from here on: encrypted in the state, masked in every output of the engine."""


class Args(BaseModel):
    """The wires of a component: what the program passes in, Outputs of other layers included."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Settings(Args):
    """What a stack file may say of a component: plain values, in camelCase there and snake_case here."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)
