"""By which names and addresses the tracking server lets itself be called."""

from ..access import Access

_PRIVATE = (
    "10",
    *("172.1[6-9]", "172.2[0-9]", "172.3[01]"),
    "192.168",
    *("100.6[4-9]", "100.[7-9][0-9]", "100.1[01][0-9]", "100.12[0-7]"),
)


def allowed_hosts(service: str, port: int, namespace: str, access: Access) -> list[str]:
    """The Host headers that the server answers to; all others may be a rebinding attack, and get a 403."""
    names = [service, *(f"{service}.{namespace}{suffix}" for suffix in ("", ".svc", ".svc.cluster.local"))]
    inside = [host for name in names for host in (name, f"{name}:{port}")]
    outside = [access.address, f"{access.address}:*"] if access.outside else []
    if front_door := access.page(service):
        outside.append(front_door)
    # By pod address for metrics, and through `kubectl port-forward`.
    return [*inside, *outside, *_private_addresses(port), "localhost:*"]


def _private_addresses(port: int) -> list[str]:
    """Patterns of the ranges that clusters give their pods.

    MLflow lets `*` stand for anything, a name's letters too. So each ends in digits alone behind a dot, as no name
    does: a browser takes a host like that for an address, and calls none if it is not a whole one.
    """
    return [f"{start}.*.{'[0-9]' * digits}:{port}" for start in _PRIVATE for digits in (1, 2, 3)]
