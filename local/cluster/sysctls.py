"""Kernel settings that kube-proxy and the kubelet change, kept from before so that `down` can put them back."""

import json
from pathlib import Path

from local.cluster.files import write
from local.cluster.processes import boot
from local.paths import CLUSTER

RECORD = CLUSTER / "sysctls.json"
ROOT = Path("/proc/sys")
CHANGED = (
    "net/ipv4/conf/all/route_localnet",
    "net/ipv4/ip_forward",
    "net/bridge/bridge-nf-call-iptables",
    "net/bridge/bridge-nf-call-ip6tables",
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
)


def remember() -> None:
    """Once for each boot, before anything is changed."""
    if RECORD.exists() and json.loads(RECORD.read_text())["boot"] == boot():
        return
    values = {name: (ROOT / name).read_text().strip() for name in CHANGED if (ROOT / name).exists()}
    write(RECORD, json.dumps({"boot": boot(), "values": values}))


def restore() -> None:
    if not RECORD.exists():
        return
    saved = json.loads(RECORD.read_text())
    for name, value in saved["values"].items() if saved["boot"] == boot() else ():
        if (ROOT / name).read_text().strip() != value:
            (ROOT / name).write_text(value)
