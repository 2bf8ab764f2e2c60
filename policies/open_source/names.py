"""Which names say that an image stands behind them: of fields, of environment variables, of flags."""

import re
from functools import lru_cache

# Admission goes by the same two expressions.
FIELD = r"(?:.*(?:[._/-]i|I)|i)mage(?:_?[Nn]ame|_?[Rr]ef)?"
GROUP = r"(?:.*(?:[._/-]i|I)|i)mages|image_by_[A-Za-z0-9_]+"
_FIELD, _GROUP = re.compile(FIELD), re.compile(GROUP)
_VARIABLE = re.compile(
    r"(?:.*_)?IMAGES?(?:_NAME|_REF|_ENV)?|RELATED_IMAGE_.*|.*_IMAGE_BY_KIND__.*|STRIMZI_DEFAULT_MAVEN_BUILDER",
    re.IGNORECASE,
)
_REPOSITORY = re.compile(r"(.*(?:CONTAINER|IMAGE)_)REPOSITORY", re.IGNORECASE)
_FLAG = re.compile(r"--?(?:[\w.-]*[-_.])?images?(?:[-_]name)?", re.IGNORECASE)
_ANNOTATION = re.compile(r".*(?:-image|Image)")

_CONTAINERS = {"containers", "initContainers", "ephemeralContainers", "sidecars"}
_LISTS = _CONTAINERS | {"items", "templates", "volumes", "workerGroupSpecs", "replicatedJobs"}
_PARTS = _LISTS | {"container", "manifest", "podSpec", "podSpecPatch", "script", "spec", "template"}


@lru_cache(maxsize=4096)
def is_field(name: str) -> bool:
    return _FIELD.fullmatch(name) is not None


@lru_cache(maxsize=4096)
def is_group(name: str) -> bool:
    """A list or mapping whose values are images."""
    return _GROUP.fullmatch(name) is not None


def is_variable(name: str) -> bool:
    return _VARIABLE.fullmatch(name) is not None


def repository_of(name: str) -> str | None:
    """For a variable that names an image without its tag, the variable that has the tag."""
    match = _REPOSITORY.fullmatch(name)
    if not match:
        return None
    return match[1] + ("tag" if name.endswith("repository") else "TAG")


def is_flag(name: str) -> bool:
    return _FLAG.fullmatch(name) is not None


def is_annotation(name: str) -> bool:
    """Sidecar injectors take the image from the pod's annotations."""
    return _ANNOTATION.fullmatch(name) is not None


def are_containers(name: str) -> bool:
    return name in _CONTAINERS


def lists_pods(name: str) -> bool:
    return name in _LISTS


@lru_cache(maxsize=4096)
def holds_pods(name: str) -> bool:
    """Whether an image may stand somewhere below a field of this name."""
    return name in _PARTS or name.endswith("Template") or is_field(name) or is_group(name)
