"""Valkey as its clients have it: behind a password, and with the same content after a restart."""

import pytest

from tests.cluster.evidence import eventually, exporters_login, kill, pods, prepare_backup, ready, scraped
from tests.cluster.platform import Platform

LAYER, SERVER = "cache", "app.kubernetes.io/component=server"


def answer(platform: Platform, command: str, login: bool = True) -> str:
    password = 'export REDISCLI_AUTH="$(cat /etc/valkey/password)"; ' if login else ""
    return shell(platform, f"{password}valkey-cli {command}")


def shell(platform: Platform, script: str, feed: str | None = None) -> str:
    (pod,) = pods(platform, LAYER, SERVER)
    words = ["exec", "-n", platform.namespace(LAYER), pod["metadata"]["name"], *(["-i"] if feed else [])]
    return platform.kubectl(*words, "--", "sh", "-c", script, feed=feed).strip()


def test_whoever_does_not_log_in_is_refused(platform: Platform):
    assert answer(platform, "ping") == "PONG"
    assert answer(platform, "get kept", login=False) == "NOAUTH Authentication required."


def test_what_it_holds_outlives_its_pod(platform: Platform):
    assert answer(platform, "set kept yes") == "OK"
    eventually(lambda: "aof_pending_bio_fsync:0" in answer(platform, "info persistence"), "the write is on the disk")
    (before,) = pods(platform, LAYER, SERVER)
    kill(platform, LAYER, SERVER)
    eventually(lambda: ready(platform, LAYER, SERVER, but=before["metadata"]["uid"]), "another pod is up")
    assert answer(platform, "get kept") == "yes"


def test_it_keeps_entries_rather_than_dropping_them(platform: Platform):
    assert "noeviction" in answer(platform, "config get maxmemory-policy")


def test_prometheus_is_told_what_the_server_holds(platform: Platform):
    def told() -> float:
        return scraped(platform, LAYER)['redis_db_keys{db="db9"}']  # nobody else's

    assert scraped(platform, LAYER)["redis_up"] == 1
    assert answer(platform, "-n 9 flushdb") == "OK" and told() == 0
    assert answer(platform, "-n 9 mset one 1 another 1") == "OK" and told() == 2
    assert answer(platform, "-n 9 flushdb") == "OK" and told() == 0


@pytest.mark.parametrize("asked", ["get kept", "set kept no", "config get requirepass", "slowlog get", "flushall"])
def test_the_exporters_login_is_for_figures_alone(platform: Platform, asked: str):
    password = exporters_login(platform, LAYER)["REDIS_PASSWORD"]

    def said(command: str) -> str:
        script = f"read -r REDISCLI_AUTH; export REDISCLI_AUTH; valkey-cli --user metrics {command}"
        return shell(platform, script, feed=f"{password}\n")

    assert "used_memory:" in said("info memory")
    assert said(asked).startswith("NOPERM")


def test_before_a_back_up_all_it_holds_is_written_anew(platform: Platform):
    def written() -> str:
        """The file with all there was at one time, by the server's own list."""
        return shell(
            platform, r"sed -n 's/^file \(.*\) seq .* type b$/\1/p' /data/appendonlydir/appendonly.aof.manifest"
        )

    assert answer(platform, "set kept-for-a-copy yes") == "OK"
    before = written()
    prepare_backup(platform, LAYER)
    assert written() != before
    assert shell(platform, f"grep -c kept-for-a-copy /data/appendonlydir/{written()}") == "1"
