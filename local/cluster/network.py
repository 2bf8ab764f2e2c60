"""The cluster's own network: one bridge, from which nothing is routed anywhere else.

Pods and Services get addresses that the host does not use. Packets from the bridge are routed by a table of their own,
whose default is `unreachable`: what a pod sends to the outside fails at once instead of leaving. Services are routed to
the bridge before anything starts, so that a packet to one that has no rule yet stays here too.
"""

import json
import subprocess
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from local.cluster.files import write
from local.cluster.names import BRIDGE, ROUTE_TABLE
from local.errors import LocalError
from local.paths import CLUSTER

RECORD = CLUSTER / "network.json"
CANDIDATES = (
    ("10.201.0.0/16", "10.202.0.0/16"),
    ("172.29.0.0/16", "172.30.0.0/16"),
    ("192.168.192.0/20", "192.168.208.0/20"),
    ("198.18.0.0/16", "198.19.0.0/16"),
)


@dataclass(frozen=True)
class Network:
    """The address ranges of one cluster."""

    pods: IPv4Network
    services: IPv4Network

    @property
    def bridge(self) -> IPv4Address:
        """This machine as pods see it: gateway, DNS server, API server, kubelet."""
        return self.pods[1]

    @property
    def api_service(self) -> IPv4Address:
        return self.services[1]

    @property
    def real(self) -> IPv4Network:
        """Half of the pod range is for pods that run, the other half for those that only seem to."""
        return next(self.pods.subnets())

    @property
    def simulated(self) -> IPv4Network:
        return list(self.pods.subnets())[1]

    def clashes(self, routes: list[IPv4Network]) -> list[IPv4Network]:
        return [route for route in routes if route.overlaps(self.pods) or route.overlaps(self.services)]


def choose(routes: list[IPv4Network]) -> Network:
    """The ranges of the running cluster, or the first pair that clashes with none of the host's routes."""
    if RECORD.exists():
        saved = json.loads(RECORD.read_text())
        network = Network(IPv4Network(saved["pods"]), IPv4Network(saved["services"]))
        if clash := network.clashes(routes):
            raise LocalError(
                f"the host now has a route to {clash[0]}, which the cluster uses",
                "remove that route, or run `make down` and `make up` to move the cluster",
            )
        return network
    for pods, services in CANDIDATES:
        network = Network(IPv4Network(pods), IPv4Network(services))
        if not network.clashes(routes):
            return network
    raise LocalError(
        "every address range that the cluster could use clashes with a route of this host",
        f"free one of {', '.join(' and '.join(pair) for pair in CANDIDATES)}",
    )


def remember(network: Network) -> None:
    write(RECORD, json.dumps({"pods": str(network.pods), "services": str(network.services)}))


def host_routes() -> list[IPv4Network]:
    """What the host routes by itself, our bridge and the default route left out."""
    routes = json.loads(run("ip", "-json", "-4", "route", "show", "table", "main"))
    return [IPv4Network(route["dst"]) for route in routes if route["dst"] != "default" and route.get("dev") != BRIDGE]


def apply(network: Network) -> None:
    """Make bridge, routes and rules; what is there already stays."""
    if not Path(f"/sys/class/net/{BRIDGE}").exists():
        run("ip", "link", "add", BRIDGE, "type", "bridge")
    run("ip", "address", "replace", f"{network.bridge}/{network.pods.prefixlen}", "dev", BRIDGE)
    # Forwarding is switched on for this link alone: the host does not become a router between its other networks.
    for setting in (
        f"ipv4/conf/{BRIDGE}/forwarding=1",
        f"ipv6/conf/{BRIDGE}/disable_ipv6=1",
        "bridge/bridge-nf-call-iptables=1",
    ):
        path, _, value = setting.partition("=")
        if (file := Path("/proc/sys/net") / path).exists():
            file.write_text(value)
    run("ip", "link", "set", BRIDGE, "up")
    run("ip", "route", "replace", str(network.services), "dev", BRIDGE)
    table = str(ROUTE_TABLE)
    run("ip", "route", "replace", str(network.pods), "dev", BRIDGE, "table", table)
    run("ip", "route", "replace", "unreachable", "default", "table", table)
    if not json.loads(run("ip", "-json", "rule", "show", "priority", table) or "[]"):
        run("ip", "rule", "add", "iif", BRIDGE, "lookup", table, "priority", table)


def run(*command: str, stdin: str | None = None) -> str:
    done = subprocess.run(command, input=stdin, capture_output=True, text=True)
    if done.returncode:
        raise LocalError(f"`{' '.join(command)}` failed", done.stderr.strip() or f"exit code {done.returncode}")
    return done.stdout
