"""The cluster's iptables rules: made, recognised among those of others, and removed."""

import shlex
import shutil
import subprocess
from itertools import pairwise

from local.cluster.names import API_PORT, BRIDGE, CHAINS
from local.cluster.network import RECORD, Network, run

FAMILIES = ("iptables", "ip6tables")
KUBE_CHAINS = "KUBE-"


def apply(network: Network) -> None:
    """Make our chains and the jumps to them; what is there already stays."""
    run("iptables-restore", "--wait", "--noflush", stdin=rules(network))
    for kind, chain, ours in JUMPS:
        jump = ("iptables", "--wait", "--table", kind)
        if subprocess.run([*jump, "--check", chain, "--jump", ours], capture_output=True).returncode:
            run(*jump, "--insert", chain, "--jump", ours)


def rules(network: Network) -> str:
    """Our iptables chains as `iptables-restore` reads them: naming a chain there also empties it."""
    here, api = network.bridge, f"{network.bridge}:{API_PORT}"
    return f"""*mangle
:{CHAINS}GUARD - [0:0]
-A {CHAINS}GUARD -i lo -j RETURN
-A {CHAINS}GUARD -i {BRIDGE} -j RETURN
-A {CHAINS}GUARD -d {network.pods} -j DROP
-A {CHAINS}GUARD -d {network.services} -j DROP
COMMIT
*filter
:{CHAINS}FORWARD - [0:0]
:{CHAINS}INPUT - [0:0]
-A {CHAINS}FORWARD -i {BRIDGE} -o {BRIDGE} -j ACCEPT
-A {CHAINS}FORWARD -i {BRIDGE} -j DROP
-A {CHAINS}INPUT -i {BRIDGE} -d {here} -j ACCEPT
COMMIT
*nat
:{CHAINS}API - [0:0]
-A {CHAINS}API -d 127.0.0.1/32 -p tcp -m tcp --dport {API_PORT} -j DNAT --to-destination {api}
COMMIT
"""


# The guard comes before kube-proxy could redirect anything: other links have no business with the cluster's addresses.
# The other two let pods through on a host whose own policy is to drop.
JUMPS = (
    ("mangle", "PREROUTING", f"{CHAINS}GUARD"),
    ("filter", "FORWARD", f"{CHAINS}FORWARD"),
    ("filter", "INPUT", f"{CHAINS}INPUT"),
    ("nat", "OUTPUT", f"{CHAINS}API"),
)


def chains() -> list[str]:
    """Iptables chains of the cluster: ours, and those that kube-proxy makes."""
    return [f"{chain} of {family} {table}" for family in FAMILIES for table, chain in parse_chains(_rules(family))]


def parse_chains(saved: str) -> list[tuple[str, str]]:
    """Tables and names of the cluster's chains in what `iptables-save` prints."""
    found, table = [], ""
    for line in saved.splitlines():
        if line.startswith("*"):
            table = line[1:]
        elif line.startswith((f":{CHAINS}", f":{KUBE_CHAINS}")):
            found.append((table, line[1:].split()[0]))
    return found


def removal(saved: str) -> str:
    """Input for `iptables-restore --noflush` that removes the cluster's chains and every jump to them, and no more."""
    ours, out = parse_chains(saved), []
    for table in dict.fromkeys(table for table, _ in ours):
        names = [name for home, name in ours if home == table]
        section = saved.partition(f"*{table}\n")[2].partition("COMMIT")[0].splitlines()
        foreign = [line for line in section if line.startswith("-A ") and line.split()[1] not in names]
        jumps = [line for line in foreign if _target(line) in names]
        out += [
            f"*{table}",
            *(f":{name} - [0:0]" for name in names),
            *(f"-D {jump[3:]}" for jump in jumps),
            *(f"-X {name}" for name in names),
            "COMMIT",
        ]
    return "".join(f"{line}\n" for line in out)


def _target(rule: str) -> str | None:
    """The chain that a rule jumps to. Comments are quoted, so that nothing in them counts."""
    words = shlex.split(rule)
    return next((after for word, after in pairwise(words) if word in ("-j", "-g")), None)


def owned() -> bool:
    """Kube-proxy's chains are ours as long as our own, or our record, is there: `up` refuses to share them."""
    return RECORD.exists() or any(chain.startswith(CHAINS) for chain in chains())


def remove() -> None:
    """Remove the cluster's chains, ours and kube-proxy's."""
    if not owned():
        return
    for family in FAMILIES:
        if script := removal(_rules(family)):
            run(f"{family}-restore", "--wait", "--noflush", stdin=script)


def _rules(family: str) -> str:
    if shutil.which(f"{family}-save") is None:
        return ""
    return subprocess.run([f"{family}-save"], capture_output=True, text=True).stdout
