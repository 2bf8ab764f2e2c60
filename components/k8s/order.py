"""Order that no value expresses by itself."""

from typing import Any

from pulumi import Input, Output


def after(done: Output[Any], value: Input[str]) -> Output[str]:
    """`value`, known only once `done` is: hands on an address together with the work that makes it usable."""
    return Output.all(value, done).apply(lambda both: both[0])
