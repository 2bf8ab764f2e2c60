"""Mistakes in a stack file, each with its YAML path, what is wrong there and what to write instead."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

# What a layer stands on. Checked on the raw file, so that it is reported together with mistakes in single fields.
NEEDS = {
    "queues": ("pipelines",),
    "datasets": ("fluid", "objectStore"),
    "tracking": ("database", "objectStore"),
    "alluxio": ("objectStore",),
    "projects": ("tracking",),
    "modelServers": ("tracking",),
    "features": ("database", "objectStore", "cache"),
    "pipelines": ("tracking", "objectStore"),
    "mlrun": ("pipelines", "mysql"),
    "argo": ("pipelines", "database"),
    "prefect": ("pipelines", "database"),
    "luigi": ("pipelines", "database"),
    "airflow": ("pipelines", "database"),
    "metadata": ("database", "eventLog", "search"),
}


def missing_layers(raw: Mapping[str, Any]) -> list[str]:
    """A layer that is on while what it needs is off."""
    return [
        f"{layer}: needs the layer `{needed}`, which is off; add a section `{needed}:` or remove `{layer}:`"
        for layer, needs in NEEDS.items()
        if raw.get(layer) or (layer in raw and raw[layer] is not None)
        for needed in needs
        if raw.get(needed) is None and (layer, needed) not in _dispensable(raw)
    ] + [*_unshared_events(raw), *_unkept_records(raw)]


def _dispensable(raw: Mapping[str, Any]) -> set[tuple[str, str]]:
    """What a layer can do without, as it is set."""
    features, metadata = raw.get("features"), raw.get("metadata")
    online = features.get("onlineStore") if isinstance(features, Mapping) else None
    sql = metadata.get("sql") if isinstance(metadata, Mapping) else None
    cases = {("features", "cache"): online == "database", ("metadata", "database"): sql == "mysql"}
    return {pair for pair, dispensable in cases.items() if dispensable}


def _unshared_events(raw: Mapping[str, Any]) -> list[str]:
    """Replicas of one Prefect server learn of each other's events through the cache alone."""
    prefect = raw.get("prefect")
    replicas = prefect.get("replicas") if isinstance(prefect, Mapping) else None
    if not isinstance(replicas, int) or replicas < 2 or raw.get("cache") is not None:
        return []
    return [f"prefect.replicas: {replicas} need the layer `cache`, which is off; add a section `cache:` or write 1"]


def _unkept_records(raw: Mapping[str, Any]) -> list[str]:
    """DataHub's are on PostgreSQL, unless its section says otherwise."""
    if ("metadata", "database") not in _dispensable(raw) or raw.get("mysql") is not None:
        return []
    return ["metadata.sql: `mysql` needs that layer, which is off; add a section `mysql:` or write `database`"]


def explain(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """One line for each mistake that pydantic found."""
    return [_line(dict(mistake), model) for mistake in error.errors(include_url=False)]


def _line(mistake: Mapping[str, Any], model: type[BaseModel]) -> str:
    steps = list(_steps(mistake["loc"], model))
    place = ".".join(str(part) for part, _ in steps)
    if mistake["type"] == "extra_forbidden":
        return f"{place}: there is no such key; {_instead(*steps[-1])}"
    if mistake["type"] == "missing":
        return f"{place}: is missing; add it"
    problem = str(mistake["msg"]).removeprefix("Value error, ")
    said = "" if isinstance(mistake["input"], Mapping) else f" (it says {mistake['input']!r})"
    return f"{place}: {problem}{said}"


def _instead(key: Any, holder: type[BaseModel]) -> str:
    known = sorted(field.alias or name for name, field in holder.model_fields.items())
    close = get_close_matches(str(key), known, n=1)
    return f"did you mean `{close[0]}`?" if close else f"the keys here are {', '.join(known)}"


def _steps(location: tuple[Any, ...], model: type[BaseModel]) -> Iterator[tuple[Any, type[BaseModel]]]:
    """Each key of a path of aliases and map keys, with the model that it is looked for in.

    Where a section is one of several kinds, pydantic adds the kind to the path: that leads to the model, and is no key.
    """
    kinds: dict[Any, type[BaseModel]] = {}
    for part in location:
        if part in kinds:
            model, kinds = kinds[part], {}
            continue
        yield part, model
        for name, field in model.model_fields.items():
            if part in (field.alias, name):
                below = list(_models_in(field.annotation))
                model = next(iter(below), model)
                kinds = {kind: one for one in below if field.discriminator for kind in _kinds(one, field.discriminator)}
                break


def _kinds(model: type[BaseModel], key: Any) -> tuple[Any, ...]:
    """What the field of that name may say in this model."""
    return get_args(model.model_fields[key].annotation)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)
