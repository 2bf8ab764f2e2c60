"""`python -m stacks.schema` writes `schema.json`, by which editors complete and check the stack files."""

import json
from pathlib import Path

from .environment import Environment

FILE = Path(__file__).with_name("schema.json")


def render() -> str:
    """The whole stack file's schema: Pulumi's own keys, and the environment as the model has it."""
    environment = Environment.model_json_schema(by_alias=True)
    definitions = environment.pop("$defs", {})
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A stack file of exquisite-mlops",
        "type": "object",
        "properties": {
            "config": {
                "type": "object",
                "properties": {"exquisite-mlops:environment": environment},
                "required": ["exquisite-mlops:environment"],
            },
            "encryptionsalt": {"type": "string"},
            "secretsprovider": {"type": "string"},
            "encryptedkey": {"type": "string"},
        },
        "required": ["config"],
        "$defs": definitions,
    }
    return json.dumps(schema, indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(render(), encoding="utf-8")
