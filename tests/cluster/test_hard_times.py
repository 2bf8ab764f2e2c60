"""A stack that is interrupted, edited behind the engine's back, and removed: it converges, and leaves nothing."""

import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local.errors import LocalError
from tests.cluster.evidence import eventually
from tests.cluster.platform import Platform


def start(platform: Platform) -> subprocess.Popen[str]:
    stack = platform.stack
    command = ["pulumi", "up", "--yes", "--skip-preview", "--stack", stack.name, "--config-file", str(stack.config)]
    return subprocess.Popen(
        command, env=stack.full_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def until(process: subprocess.Popen[str], sign: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if sign in line:
            return
    raise AssertionError(f"it ended without saying {sign!r}")


def plugin_of(engine: int) -> int:
    """The kubernetes plugin that an engine has started."""
    for _ in range(50):
        for child in _children(engine):
            if b"pulumi-resource-kubernetes" in _command(child):
                return child
        time.sleep(0.1)
    raise AssertionError("the engine has no kubernetes plugin")


def _children(pid: int) -> list[int]:
    """Of all threads: any of them may have started one."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    direct = [int(child) for thread in threads for child in (thread / "children").read_text().split()]
    return direct + [grandchild for child in direct for grandchild in _children(child)]


def _command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def converges(platform: Platform) -> None:
    platform.stack.prepare(print)
    platform.stack.up()
    platform.stack.run("up", "--yes", "--skip-preview", "--expect-no-changes")


@pytest.mark.parametrize("whom", ["engine", "plugin"])
def test_after_kill_9_in_the_middle_the_next_up_converges(small: Platform, whom: str):
    engine = start(small)
    until(engine, "StatefulSet object-store-server creating")
    os.kill(engine.pid if whom == "engine" else plugin_of(engine.pid), signal.SIGKILL)
    engine.wait(timeout=60)
    converges(small)


def test_after_ctrl_c_the_next_up_converges(small: Platform):
    engine = start(small)
    until(engine, "StatefulSet object-store-server creating")
    engine.send_signal(signal.SIGINT)
    assert engine.wait(timeout=120) != 0
    converges(small)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["interrupted", "killed"])
def test_what_a_destroy_has_deleted_when_it_is_cut_short_is_made_anew_by_the_next_up(small: Platform, how: int):
    small.stack.up()
    store = ["get", "statefulsets", "-n", small.namespace("storage"), "-o"]
    with ThreadPoolExecutor() as beside:
        destroying = beside.submit(small.stack.destroy)
        deleted = "jsonpath={.items[*].metadata.deletionTimestamp}"
        eventually(lambda: small.kubectl(*store, deleted), "the object store is being deleted")
        (engine,) = (pid for pid in _children(os.getpid()) if b"\0destroy\0" in _command(pid))
        os.kill(engine, how)
        with pytest.raises(LocalError):
            destroying.result()
    converges(small)
    assert small.kubectl(*store, "name")


def test_an_edit_by_kubectl_is_found_by_refresh_and_repaired_by_up(standing: Platform):
    namespace = standing.namespace("storage")
    standing.kubectl(
        "label", "service", "object-store", "-n", namespace, "--overwrite", "app.kubernetes.io/part-of=other"
    )
    standing.kubectl("delete", "networkpolicy", "--all", "-n", namespace)
    found = standing.stack.run("refresh", "--yes", "--skip-preview")
    assert "Service object-store-service" in found and "storage-default-deny" in found
    standing.stack.up()
    label = ["-o", "jsonpath={.metadata.labels['app\\.kubernetes\\.io/part-of']}"]
    assert standing.kubectl("get", "service", "object-store", "-n", namespace, *label) == "exquisite-mlops"
    assert "storage-default-deny" in standing.kubectl("get", "networkpolicy", "-n", namespace)


def test_a_wrong_passphrase_is_one_clear_line_and_changes_nothing(standing: Platform):
    right = standing.stack.home / "passphrase"
    kept = right.read_text()
    right.write_text("wrong")
    with pytest.raises(LocalError, match="the passphrase doesn't open this stack's secrets"):
        standing.stack.up()
    right.write_text(kept)
    standing.stack.run("up", "--yes", "--skip-preview", "--expect-no-changes")


def test_destroy_leaves_no_object(standing: Platform):
    assert standing.objects()
    standing.stack.destroy()
    eventually(lambda: standing.objects() == [], "nothing is left, the volumes neither")
