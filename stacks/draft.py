"""A stack file made from a few answers: what it says of each layer, and the comments that tell what else it could."""

import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import yaml
from pydantic import BaseModel
from pydantic.alias_generators import to_snake

from components.described import summary

from .environment import Environment
from .mistakes import NEEDS

KEY = "exquisite-mlops:environment"
LAYERS = ("tracking", "features", "argo", "prefect", "luigi", "airflow", "mlrun", "metadata", "alluxio", "fluid")
"""What an environment is for; what these stand on follows."""

_STEP = {
    "source": "examples/training",
    "command": ["sh", "-ec", "python data.py && python train.py 0.5 iris"],
    "env": {"MLFLOW_EXPERIMENT_NAME": "training"},
}
_SMALL: Mapping[str, Mapping[str, Any]] = {
    "objectStore": {"size": "5Gi"},
    "database": {"instances": 1, "size": "5Gi"},
    "mysql": {"size": "2Gi"},
    "cache": {"size": "1Gi"},
    "eventLog": {"brokers": 1, "size": "2Gi"},
    "search": {"nodes": 1, "size": "2Gi"},
    "tracking": {"replicas": 1, "workers": 1},
    "alluxio": {"masters": 1, "workers": 1},
    "prefect": {"replicas": 1},
}
"""For one that is tried, and may fail with a node."""


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What the wizard asks for. Each value is checked by the models, and not here."""

    name: str
    ground: Literal["given", "aws", "gcp"] = "given"
    size: Literal["small", "standard"] = "standard"
    layers: tuple[str, ...] = ("tracking",)
    accelerator: str = ""
    """Of a pool of GPUs, made in a cloud; any word but "" takes the pool that a given cluster has."""
    gpu_nodes: int = 2
    region: str = ""
    account: str = ""
    """Or the project, as Google Cloud calls it, which has a number as well."""
    number: str = ""
    administrator: str = ""
    owner: str = ""


def environment(asked: Answers) -> dict[str, Any]:
    """What the file says, as YAML reads it."""
    needed = closure({*asked.layers})
    order = [field.alias or name for name, field in Environment.model_fields.items()]
    sections = {section: _section(section, asked) for section in order if section in needed}
    return {**_cluster(asked), **sections}


def closure(layers: Iterable[str]) -> set[str]:
    """These layers, what they stand on, and what that stands on."""
    found = set(layers)
    more = {needed for layer in found for needed in NEEDS.get(layer, ())}
    return found if more <= found else closure(found | more)


def _cluster(asked: Answers) -> dict[str, Any]:
    if asked.ground == "given":
        return {"cluster": {"kind": "given"}}
    pool = {"accelerator": asked.accelerator, "max": asked.gpu_nodes}
    payer = {"account": asked.account} if asked.ground == "aws" else {"project": asked.account, "number": asked.number}
    return {
        "cluster": {
            "kind": asked.ground,
            **payer,
            "region": asked.region,
            "production": asked.size == "standard",
            "tags": {"owner": asked.owner},
            "api": {"administrators": {"platform": asked.administrator}},
            **({"gpuPools": {"gpu": pool}} if asked.accelerator else {}),
        }
    }


def _section(section: str, asked: Answers) -> dict[str, Any]:
    if section == "objectStore" and asked.ground != "given":
        return {"kind": "cloud", "prefix": asked.name}
    if section == "features":
        return {"repository": "examples/features", "prepare": ["python", "data.py"]}
    if section == "pipelines":
        gpu = {"gpu": {"pool": "gpu"} if asked.ground != "given" else {"quota": asked.gpu_nodes}}
        return {**(gpu if asked.accelerator else {}), "steps": {"training": _STEP}}
    kind = {"kind": "cluster"} if section == "objectStore" else {}
    return {**kind, **(_SMALL.get(section, {}) if asked.size == "small" else {})}


def text(raw: Mapping[str, Any]) -> str:
    """The whole file: above each section what it is, and which keys it may have besides."""
    parts = ["# yaml-language-server: $schema=schema.json\nconfig:\n", f"  {KEY}:\n"]
    for section, said in raw.items():
        written = yaml.safe_dump({section: said}, sort_keys=False, width=110)
        comment = "".join(f"# {line}\n" for line in _comments(section, said))
        parts += [f"    {line}\n" for line in (comment + written).splitlines()]
    return "".join(parts)


def _comments(section: str, said: Mapping[str, Any]) -> list[str]:
    models = _models(Environment.model_fields[to_snake(section)].annotation)
    if not models:
        return []
    # A section that names no kind is of the first one.
    model = next((one for one in models if _kind(one) in ("", said.get("kind", ""))), models[0])
    first = summary(model).partition("\n")[0]
    others = [field.alias or name for name, field in model.model_fields.items() if (field.alias or name) not in said]
    lines = [first, f"Also: {', '.join(others)}."] if others else [first]
    return [piece for line in lines for piece in _wrapped(line)]


def _wrapped(line: str, width: int = 105) -> list[str]:
    return textwrap.wrap(line, width)


def _kind(model: type[BaseModel]) -> str:
    field = model.model_fields.get("kind")
    return str(get_args(field.annotation)[0]) if field else ""


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in _models(inner)]
