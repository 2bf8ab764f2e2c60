"""Valkey as its clients have it: behind a password, and with the same content after a restart."""

from tests.cluster.evidence import eventually, kill, pods, ready
from tests.cluster.platform import Platform

LAYER = "cache"


def answer(platform: Platform, command: str, login: bool = True) -> str:
    (pod,) = pods(platform, LAYER)
    password = 'export REDISCLI_AUTH="$(cat /etc/valkey/password)"; ' if login else ""
    words = ["exec", "-n", platform.namespace(LAYER), pod["metadata"]["name"], "--", "sh", "-c"]
    return platform.kubectl(*words, f"{password}valkey-cli {command}").strip()


def test_whoever_does_not_log_in_is_refused(platform: Platform):
    assert answer(platform, "ping") == "PONG"
    assert answer(platform, "get kept", login=False) == "NOAUTH Authentication required."


def test_what_it_holds_outlives_its_pod(platform: Platform):
    assert answer(platform, "set kept yes") == "OK"
    eventually(lambda: "aof_pending_bio_fsync:0" in answer(platform, "info persistence"), "the write is on the disk")
    (before,) = pods(platform, LAYER)
    kill(platform, LAYER, "app.kubernetes.io/name=valkey")
    eventually(lambda: ready(platform, LAYER, but=before["metadata"]["uid"]), "another pod is up")
    assert answer(platform, "get kept") == "yes"


def test_it_keeps_entries_rather_than_dropping_them(platform: Platform):
    assert "noeviction" in answer(platform, "config get maxmemory-policy")
