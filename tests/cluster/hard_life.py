"""What a cluster goes through, run on a machine of its own: `python -m tests.cluster.hard_life <Kubernetes programs>`.

Prints the facts as JSON; the tests judge them.
"""

import ctypes
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from local import cluster
from local.cluster import accounting, api, cgroups, cleanup, names, processes
from local.errors import LocalError
from local.paths import CLUSTER
from tests.cluster import probes

FOREIGN = '-A OTHERS -s 192.0.2.77/32 -m comment --comment "not -j KUBE-SERVICES at all" -j DROP'
POD = probes.pod(
    "life",
    "writer",
    volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
    container={"volumeMounts": [{"name": "data", "mountPath": "/data"}]},
)
CLAIM = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "data", "namespace": "life"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}
SERVICE = probes.service("life", "writer", node_port=True)


def say(line: str) -> None:
    print(line, file=sys.stderr)


def up() -> None:
    cluster.up(Path(sys.argv[1]), say)


def main() -> None:
    facts: dict[str, Any] = {"before": machine()}
    facts["foreign cluster"] = with_a_foreign_cluster()
    facts["busy port"] = with_a_busy_port()
    up()
    facts["second command"] = with_a_second_command()
    facts["answer"] = furnish()
    facts["killed"] = after_kills()
    facts["no power"] = after_a_power_cut()
    subprocess.run(
        ["iptables-restore", "--noflush"],
        input=f"*filter\n:OTHERS - [0:0]\n-I INPUT -j OTHERS\n{FOREIGN}\nCOMMIT\n",
        text=True,
        check=True,
    )
    cluster.down(say)
    facts["down"] = machine()
    print(json.dumps(facts))


def machine() -> dict[str, Any]:
    """Everything that a cluster changes, as the machine's own tools show it."""

    def lines(*command: str) -> list[str]:
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
        return [line for line in shown if not line.startswith("#")]

    return {
        "leftovers": cluster.leftovers(),
        "rules": [line for line in lines("iptables-save") + lines("ip6tables-save") if line.startswith("-A")],
        "counters": accounting.left(),
        "links": [line.split()[0] for line in lines("ip", "-brief", "link")],
        "routes": lines("ip", "-4", "route", "show", "table", "all"),
        "routing rules": lines("ip", "rule"),
        "mounts": [
            line.split()[4]
            for line in Path("/proc/self/mountinfo").read_text().splitlines()
            if line.split()[4].startswith(str(CLUSTER))
        ],
        "groups": [str(path) for path in Path("/sys/fs/cgroup").glob("*/*/") if path.is_dir()],
        "settings": {
            name: (Path("/proc/sys") / name).read_text()
            for name in ("net/ipv4/ip_forward", "net/ipv4/conf/all/route_localnet")
        },
        "files": [
            str(path) for folder in ("/var/lib/cni", "/var/lib/kubelet", "/var/log") for path in Path(folder).rglob("*")
        ],
        "state": CLUSTER.exists(),
    }


def with_a_foreign_cluster() -> str:
    subprocess.run(["iptables", "-N", "KUBE-SERVICES"], check=True)
    try:
        return refusal()
    finally:
        subprocess.run(["iptables", "-X", "KUBE-SERVICES"], check=True)


def with_a_busy_port() -> str:
    with socket.socket() as other:
        other.bind(("127.0.0.1", names.ETCD_PORT))
        other.listen()
        return refusal()


def with_a_second_command() -> str:
    from local.cluster.exclusive import alone

    with alone():
        return refusal()


def refusal() -> str:
    try:
        up()
    except LocalError as error:
        return str(error)
    return "it went ahead"


def furnish() -> str:
    """A pod with a volume, behind a node port."""
    with tempfile.TemporaryDirectory() as folder:
        probes.import_probe(Path(folder))
    api.apply(probes.namespace("life"))
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": "life"}}
    probes.eventually(lambda: probes.read(account), "the namespace's account")
    for manifest in (CLAIM, POD, SERVICE):
        api.apply(manifest)
    probes.eventually(lambda: probes.is_ready(POD), "readiness")
    probes.eventually(lambda: not ask("/write", path="/data/kept", text="kept"), "a write")
    return ask("/read", path="/data/kept")


def ask(question: str, **arguments: str) -> str:
    port = probes.read(SERVICE)["spec"]["ports"][0]["nodePort"]
    return probes.ask(f"127.0.0.1:{port}", question, **arguments)


def unhealthy() -> list[str]:
    """What does not answer, right after an `up` that said that all does."""
    return [f"{one.name}: {one.detail}" for one in cluster.status() if not one.healthy]


def kill(pids: set[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):  # one may have ended with another
            os.kill(pid, 9)
    while any(processes.start_time(pid) for pid in pids):
        time.sleep(0.05)


def after_kills() -> dict[str, Any]:
    """Nearly every process of the cluster at once; containers and their shims live on."""
    before = {one.name: one.pid for one in cluster.status()}
    kill({pid for name, pid in before.items() if pid and name not in ("kube-scheduler", "etcd")})
    (names.RECORDS / "etcd.json").unlink()  # as if `up` itself had been killed right after starting it
    dead = mount_without_a_server()
    up()
    after = {one.name: one.pid for one in cluster.status()}
    answer = probes.eventually(lambda: ask("/read", path="/data/kept"), "an answer", 60)
    containers = probes.read(POD)["status"]["containerStatuses"]
    return {
        "unhealthy": unhealthy(),
        "answer": answer,
        "same": [name for name in before if before[name] == after[name]],
        "restarts": [one["restartCount"] for one in containers],
        "dead mount": str(dead) in cleanup.mounts(),
    }


def mount_without_a_server() -> Path:
    """What a pod has left whose file system's server was killed: whoever asks for it hears that nobody answers."""
    place = names.KUBELET / "dead"
    place.mkdir()
    server = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={server},rootmode=40000,user_id=0,group_id=0".encode()
    assert ctypes.CDLL(None).mount(b"dead", str(place).encode(), b"fuse", 0, options) == 0
    os.close(server)
    return place


def after_a_power_cut() -> dict[str, Any]:
    """A reboot leaves files alone: no link, rule, mount or group, and records of processes that are gone."""
    kill({pid for pid, _ in processes.marked()} | cgroups.processes())
    cleanup.undo()
    subprocess.run("rm -rf /run/containerd", shell=True, check=True)
    left = cluster.leftovers()
    up()
    answer = probes.eventually(lambda: probes.is_ready(POD) and ask("/read", path="/data/kept"), "an answer", 120)
    return {"left": left, "answer": answer, "unhealthy": unhealthy()}


if __name__ == "__main__":
    main()
