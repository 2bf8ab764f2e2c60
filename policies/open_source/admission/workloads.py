"""Where the kinds of Kubernetes itself hold images: known fields, so this is cheap enough for every pod."""

from typing import Any

from .cel import Variable

_CHANGES = ["CREATE", "UPDATE"]

RESOURCES: list[dict[str, Any]] = [
    {
        "apiGroups": [""],
        "apiVersions": ["*"],
        "operations": _CHANGES,
        "resources": ["pods", "pods/ephemeralcontainers", "podtemplates", "replicationcontrollers"],
    },
    {
        "apiGroups": ["apps"],
        "apiVersions": ["*"],
        "operations": _CHANGES,
        "resources": ["deployments", "statefulsets", "daemonsets", "replicasets", "controllerrevisions"],
    },
    {"apiGroups": ["batch"], "apiVersions": ["*"], "operations": _CHANGES, "resources": ["jobs", "cronjobs"]},
]


def _pods(thing: str) -> str:
    """The specs of the pods that `thing` is or makes; a list, for it may be absent."""
    return f"""(request.resource.resource == 'pods' ? [{thing}.?spec]
: request.resource.resource == 'podtemplates' ? [{thing}.?template.spec]
: request.resource.resource == 'cronjobs' ? [{thing}.?spec.jobTemplate.spec.template.spec]
: request.resource.resource == 'controllerrevisions' ? [{thing}.?data.spec.template.spec]
: [{thing}.?spec.template.spec]).filter(s, s.hasValue()).map(s, s.value())"""


def _images(pods: str) -> str:
    return f"""{pods}.map(s, (s.?containers.orValue([]) + s.?initContainers.orValue([])
    + s.?ephemeralContainers.orValue([])).filter(c, has(c.image)).map(c, c.image)
  + s.?volumes.orValue([]).filter(v, has(v.image)).map(v, v.image.?reference.orValue(''))).flatten()"""


# What was there already stays: a refused image must not keep a controller from removing its finalizers.
VARIABLES = (
    Variable("pods", _pods("object")),
    Variable("before", f"oldObject == null ? [] : {_images(_pods('oldObject'))}"),
    Variable("sure", f"{_images('variables.pods')}.filter(i, !(i in variables.before))"),
    Variable("named", "object == null ? ['never'] : []"),
    Variable("problems", "object == null ? ['never'] : []"),
)
