"""PostgreSQL as whoever backs it up has it."""

from tests.cluster.evidence import pods, prepare_backup
from tests.cluster.platform import Platform

LAYER = "databases"


def last_checkpoint(platform: Platform) -> str:
    (pod,) = pods(platform, LAYER, "app.kubernetes.io/component=server")
    where = ["exec", "-n", platform.namespace(LAYER), pod["metadata"]["name"], "--"]
    question = "select checkpoint_lsn from pg_control_checkpoint()"
    return platform.kubectl(*where, "psql", "--no-psqlrc", "-Atc", question, "postgres").strip()


def test_before_a_back_up_all_changes_are_in_the_tables_files(platform: Platform):
    before = last_checkpoint(platform)
    prepare_backup(platform, LAYER)
    assert last_checkpoint(platform) != before
