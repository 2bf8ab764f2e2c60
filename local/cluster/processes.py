"""A small supervisor: processes that outlive the command that started them, found again by the next one.

A process id alone says little: it is reused, and a reboot starts the count again. A record therefore holds the id, the
kernel's start time of that process and the boot it belongs to. Every process also carries a mark in its environment, so
that one whose record was never written (the command was killed in between) is still found.
"""

import hashlib
import json
import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from local.cluster.files import write
from local.cluster.names import LOGS, RECORDS
from local.debian import Say
from local.errors import LocalError
from local.paths import CLUSTER, STATE

MARK = "EXQUISITE_MLOPS_CLUSTER"
NAME = "EXQUISITE_MLOPS_PROCESS"
LOG_LIMIT = 20 * 1024 * 1024
PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    """One long-running program: how it starts, and how to ask whether it does its work."""

    name: str
    command: tuple[str, ...]
    trouble: Callable[[], str | None]
    """Says what is wrong, or None when it answers as it should."""
    files: dict[Path, str] = field(default_factory=dict)
    """Its settings, written before it starts. When they or its command change, it is started again."""
    inputs: tuple[Path, ...] = ()
    """Files made elsewhere that it reads when it starts, certificates above all: the same holds for them."""
    patience: float = 120
    folder: Path = Path("/")

    @property
    def log(self) -> Path:
        return LOGS / f"{self.name}.log"

    @property
    def digest(self) -> str:
        parts = [
            *(word.encode() for word in (*self.command, *self.files.values())),
            *(path.read_bytes() for path in self.inputs),
        ]
        return hashlib.sha256(b"\0".join(parts)).hexdigest()


def start_time(pid: int) -> int | None:
    """When the kernel started it, in ticks since boot; None for one that is gone or a zombie."""
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def boot() -> str:
    return (PROC / "sys/kernel/random/boot_id").read_text().strip()


def marked() -> Iterator[tuple[int, str]]:
    """Process id and name of everything that this cluster started, container shims included."""
    for folder in PROC.iterdir():
        if not folder.name.isdigit():
            continue
        try:
            pairs = (entry.partition(b"=") for entry in (folder / "environ").read_bytes().split(b"\0"))
            values = {key.decode(): value.decode() for key, _, value in pairs if key.startswith(b"EXQUISITE_MLOPS_")}
        except (OSError, UnicodeDecodeError):
            continue
        if values.get(MARK) == str(CLUSTER) and start_time(int(folder.name)) is not None:
            yield int(folder.name), values.get(NAME, "")


def running(name: str) -> int | None:
    """The process id recorded for `name`, if that very process still runs."""
    record = _record(name)
    if record.get("boot") == boot() and record["start"] and start_time(record["pid"]) == record["start"]:
        return int(record["pid"])
    return None


def ensure(process: Process, say: Say) -> None:
    """Leave it alone if it runs and answers; otherwise start it. `wait` tells when it answers."""
    pid = running(process.name)
    if pid and _record(process.name).get("digest") == process.digest:
        if process.trouble() is None or _answers(process, 15):
            return
        say(f"{process.name} runs but does not answer: starting it again")
    _stop_all(process.name)
    for path, text in process.files.items():
        write(path, text)
    _start(process)


def wait(process: Process, say: Say) -> None:
    """Return when it answers; say why it does not when it died or the time is up."""
    began = time.monotonic()
    if not _answers(process, process.patience):
        why = process.trouble() if running(process.name) else f"it ended: {last_line(process.log)}"
        raise LocalError(f"{process.name} does not come up ({why})", f"see {process.log}")
    say(f"{process.name} answers ({time.monotonic() - began:.1f} s)")


def stop(pid: int, grace: float = 10) -> None:
    """Ask one process to end, then make it."""
    began = start_time(pid)
    for number, seconds in ((signal.SIGTERM, grace), (signal.SIGKILL, 5.0)):
        if began is None or start_time(pid) != began:
            return
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + seconds
        while start_time(pid) == began and time.monotonic() < deadline:
            time.sleep(0.05)


def forget(name: str) -> None:
    (RECORDS / f"{name}.json").unlink(missing_ok=True)


def last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return lines[-1][-300:] if lines else "nothing in its log"


def _record(name: str) -> dict:
    try:
        return json.loads((RECORDS / f"{name}.json").read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def _stop_all(name: str) -> None:
    """Containers keep running when containerd starts again: its shims bear its name, but are no copy of it."""
    for pid, owner in list(marked()):
        if owner == name and not is_shim(pid):
            stop(pid)


def is_shim(pid: int) -> bool:
    try:
        return b"containerd-shim" in (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")[0]
    except OSError:
        return False


def _start(process: Process) -> None:
    LOGS.mkdir(parents=True, exist_ok=True)
    if process.log.exists() and process.log.stat().st_size > LOG_LIMIT:
        process.log.replace(process.log.with_suffix(".log.1"))
    # Proxies, tokens and the like of whoever runs the command are none of the cluster's business.
    environment = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": str(Path.home()),
        "PYTHONUNBUFFERED": "1",
        "XDG_STATE_HOME": str(STATE.parent),
        MARK: str(CLUSTER),
        NAME: process.name,
    }
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # containers inherit it from containerd
    try:
        with process.log.open("ab") as log:
            child = subprocess.Popen(
                process.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=process.folder,
                env=environment,
                start_new_session=True,
            )
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    record = {"pid": child.pid, "start": start_time(child.pid), "boot": boot(), "digest": process.digest}
    write(RECORDS / f"{process.name}.json", json.dumps(record))


def _answers(process: Process, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if running(process.name) is None:
            return False
        if process.trouble() is None:
            return True
        time.sleep(0.1)
    return False
