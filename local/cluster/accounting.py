"""The kernel's packet counters that kube-proxy's rules use. They outlive the rules; no usual tool removes them."""

import contextlib
import socket
import struct

COUNTERS = ("ct_state_invalid_dropped_pkts", "localhost_nps_accepted_pkts")
_NETFILTER, _SUBSYSTEM, _NAME = 12, 7, 1
_GET, _DELETE = _SUBSYSTEM << 8 | 1, _SUBSYSTEM << 8 | 3
_REQUEST_AND_ACK, _ERROR = 0x5, 0x2
_HEADER = struct.Struct("=IHHII")


def left() -> list[str]:
    """Which of them exist."""
    return [name for name in COUNTERS if _ask(_GET, name)]


def remove() -> None:
    for name in COUNTERS:
        _ask(_DELETE, name)


def _ask(what: int, name: str) -> bool:
    """One netlink request about one counter: whether the kernel did as asked."""
    text = name.encode() + b"\0"
    attribute = struct.pack("=HH", 4 + len(text), _NAME) + text + b"\0" * (-len(text) % 4)
    body = b"\0" * 4 + attribute  # any address family, version 0
    message = _HEADER.pack(_HEADER.size + len(body), what, _REQUEST_AND_ACK, 1, 0) + body
    with contextlib.suppress(OSError), socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETFILTER) as kernel:
        kernel.settimeout(2)
        kernel.send(message)
        answer = kernel.recv(4096)
        kind, code = _HEADER.unpack_from(answer)[1], struct.unpack_from("=i", answer, _HEADER.size)[0]
        return kind != _ERROR or code == 0
    return False
