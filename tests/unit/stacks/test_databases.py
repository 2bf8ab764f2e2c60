"""Databases with standbys in a stack file: back-ups have a place, or the file says that there are none."""

from typing import Any

import pytest

from stacks.environment import BUCKETS, Environment


def mistakes(database: dict[str, Any], store: dict[str, Any] | None) -> list[str]:
    raw = {"database": database, **({} if store is None else {"objectStore": store})}
    return Environment.read(raw)[1]


def test_back_ups_need_an_object_store():
    (told,) = mistakes({"kind": "operator"}, None)
    assert told.startswith("database.backup: needs the layer `objectStore`, which is off; add a section")


def test_a_clouds_object_store_takes_back_ups_of_a_database_in_the_cluster():
    assert [one for one in mistakes({}, {"kind": "cloud", "prefix": "acme"}) if one.startswith("database")] == []


def test_a_section_without_a_kind_is_of_standbys_and_so_needs_an_object_store():
    assert mistakes({}, None) == mistakes({"kind": "operator"}, None)
    read, _ = Environment.read({"database": {"instances": 2, "backup": None}})
    assert read and read.database and read.database.kind == "operator"


@pytest.mark.parametrize(
    ("database", "store"),
    [({"kind": "operator", "backup": None}, None), ({"kind": "operator"}, {}), ({}, {}), ({"kind": "cluster"}, None)],
)
def test_all_else_is_well(database: dict[str, Any], store: dict[str, Any] | None):
    assert mistakes(database, store) == []


def test_the_bucket_of_back_ups_is_made_where_there_are_any():
    def buckets(**database: Any) -> tuple[str, ...]:
        read, _ = Environment.read({"database": database, "objectStore": {}, "alluxio": {"bucket": "cached"}})
        assert read
        return read.buckets

    assert buckets(kind="cluster") == (*BUCKETS, "cached")
    assert buckets() == (*BUCKETS, "cached", "database-backups")
    assert buckets(kind="operator", backup={"bucket": "copies"}) == (*BUCKETS, "cached", "copies")
    assert buckets(kind="operator", backup=None) == (*BUCKETS, "cached")


def test_a_mistake_in_a_database_of_that_kind_is_told_by_its_path():
    (told,) = mistakes({"kind": "operator", "instancs": 3, "backup": None}, None)
    assert told == "database.instancs: there is no such key; did you mean `instances`?"
