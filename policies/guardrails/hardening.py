"""The rules on pods: Kubernetes' level `restricted`, a root file system that is read only, bounds on what they use."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pulumi_policy import Severity

from ..open_source.reading import UNKNOWN
from .cloud.values import at
from .findings import Finding, Problem, Resource, Unknown
from .pods import Container, Pod, pods
from .rule import rule

_OPEN = {"NET_BIND_SERVICE"}
_PROFILES = ("RuntimeDefault", "Localhost")
_VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
}


def _each_pod(judge: Callable[[Pod], Iterable[Finding]]) -> Callable[[Resource], Iterator[Finding]]:
    def check(resource: Resource) -> Iterator[Finding]:
        for found in pods(resource.token, resource.props):
            yield from judge(found) if isinstance(found, Pod) else (found,)

    return check


def _each_container(judge: Callable[[Pod, Container], Iterable[Finding]]) -> Callable[[Resource], Iterator[Finding]]:
    return _each_pod(lambda pod: (found for container in pod.containers() for found in judge(pod, container)))


def _privileged(pod: Pod, container: Container) -> Iterator[Finding]:
    windows = pod.setting(container, "windowsOptions")
    values = (pod.setting(container, "privileged"), at(windows, "hostProcess"))
    if True in values:
        field = "privileged" if values[0] is True else "windowsOptions.hostProcess"
        yield Problem(container.path, f"is privileged, so it is root on its node; remove `{field}`.")
    elif UNKNOWN in values:
        yield Unknown(container.path)


def _must_say(key: str, wanted: bool, why: str) -> Callable[[Pod, Container], Iterator[Finding]]:
    """A field of the security context that has to be set, as its default is the other value."""

    def judge(pod: Pod, container: Container) -> Iterator[Finding]:
        value = pod.setting(container, key)
        if value is UNKNOWN:
            yield Unknown(container.path)
        elif value is not wanted:
            yield Problem(container.path, why)

    return judge


_escalates = _must_say(
    "allowPrivilegeEscalation", False, "may gain rights while it runs; set `allowPrivilegeEscalation: false`."
)
_writable = _must_say(
    "readOnlyRootFilesystem",
    True,
    "can change its own program; set `readOnlyRootFilesystem: true` and mount what it writes to.",
)


def _as_root(pod: Pod, container: Container) -> Iterator[Finding]:
    non_root, user = pod.setting(container, "runAsNonRoot"), pod.setting(container, "runAsUser")
    if UNKNOWN in (non_root, user):
        yield Unknown(container.path)
    elif user == 0:
        yield Problem(container.path, "runs as user 0, which is root; set another `runAsUser`.")
    elif non_root is not True:
        yield Problem(container.path, "may run as root; set `runAsNonRoot: true`.")


def _capable(pod: Pod, container: Container) -> Iterator[Finding]:
    capabilities = pod.setting(container, "capabilities")
    if capabilities is UNKNOWN:
        yield Unknown(container.path)
        return
    dropped, added = (_listed(at(capabilities, key)) for key in ("drop", "add"))
    if "ALL" not in dropped and UNKNOWN not in dropped:
        yield Problem(container.path, "keeps the runtime's capabilities; set `capabilities.drop: [ALL]`.")
    if UNKNOWN in added or ("ALL" not in dropped and UNKNOWN in dropped):
        yield Unknown(container.path)
    more = sorted({str(one) for one in added if one is not UNKNOWN} - _OPEN)
    if more:
        yield Problem(container.path, f"has the capabilities {', '.join(more)}; only NET_BIND_SERVICE may be added.")


def _unconfined(pod: Pod, container: Container) -> Iterator[Finding]:
    profile = pod.setting(container, "seccompProfile")
    kind = profile.get("type") if isinstance(profile, dict) else profile
    if kind is UNKNOWN:
        yield Unknown(container.path)
    elif kind not in _PROFILES:
        yield Problem(container.path, "may make any system call; set `seccompProfile.type: RuntimeDefault`.")


def _unbounded(_: Pod, container: Container) -> Iterator[Finding]:
    resources = container.spec.get("resources")
    if container.ephemeral:  # Kubernetes lets these have none
        return
    if resources is UNKNOWN:
        yield Unknown(container.path)
        return
    for section, kind in (("requests", "cpu"), ("requests", "memory"), ("limits", "memory")):
        # What is limited and asks for nothing is given what it is limited to.
        asked = at(resources, f"{section}.{kind}") or (section == "requests" and at(resources, f"limits.{kind}"))
        if asked is UNKNOWN:
            yield Unknown(container.path)
        elif not asked:
            yield Problem(container.path, f"can starve its neighbours; set `resources.{section}.{kind}`.")


def _on_the_host(pod: Pod) -> Iterator[Finding]:
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        value = pod.spec.get(field)
        if value is UNKNOWN:
            yield Unknown(f"{pod.path}.{field}".removeprefix("."))
        elif value is True:
            yield Problem(pod.path or "spec", f"shares its node's {field.removeprefix('host')}; remove `{field}`.")


def _of_the_host(pod: Pod) -> Iterator[Finding]:
    for index, volume in enumerate(_listed(pod.spec.get("volumes"))):
        where = f"{pod.path}.volumes[{index}]".removeprefix(".")
        if volume is UNKNOWN:
            yield Unknown(where)
        kinds = {key for key in volume if volume[key] is not None} - {"name"} if isinstance(volume, dict) else set()
        for kind in sorted(kinds - _VOLUMES):
            text = f"mounts a {kind}, which leads around what claims and quotas guard; use a claim or an emptyDir."
            yield Problem(where, text)


def _host_port(_: Pod, container: Container) -> Iterator[Finding]:
    taken = [at(port, "hostPort") for port in _listed(container.spec.get("ports"))]
    if UNKNOWN in taken:
        yield Unknown(container.path)
    for port in (port for port in taken if isinstance(port, int | float) and port):
        yield Problem(container.path, f"takes port {port:g} of its node; offer it by a Service.")


def _listed(value: Any) -> list[Any]:
    """A list that is not known yet may hold anything."""
    return value if isinstance(value, list) else [UNKNOWN] if value is UNKNOWN else []


HARDENING = [
    rule("no-privilege", "No container is root on its node.", _each_container(_privileged), Severity.CRITICAL),
    rule("no-host-namespaces", "No pod shares its node's namespaces.", _each_pod(_on_the_host), Severity.HIGH),
    rule("no-host-volumes", "No pod mounts what belongs to its node.", _each_pod(_of_the_host), Severity.HIGH),
    rule("no-host-ports", "No container takes a port of its node.", _each_container(_host_port), Severity.MEDIUM),
    rule("non-root", "No container runs as root.", _each_container(_as_root), Severity.HIGH),
    rule("no-escalation", "No container gains rights while it runs.", _each_container(_escalates), Severity.HIGH),
    rule("no-capabilities", "Containers drop all capabilities.", _each_container(_capable), Severity.HIGH),
    rule("seccomp", "System calls are filtered.", _each_container(_unconfined), Severity.MEDIUM),
    rule("read-only-root", "No container can change its own program.", _each_container(_writable), Severity.MEDIUM),
    rule("bounded-resources", "Containers ask for what they need.", _each_container(_unbounded), Severity.MEDIUM),
]
"""Each by itself, so that a stack can exempt a pod from one of them and keep the others."""
