"""MariaDB and databases on it, on the recording engine."""

import pytest
from pydantic import ValidationError

from components.storage.contracts import MySqlClient
from components.storage.mariadb import MariaDb, MariaDbArgs, MariaDbSettings
from components.storage.mysql_database import MySqlDatabase, MySqlDatabaseArgs
from tests.recording import SECRET_MARK, Engine
from tests.unit.components.wires import mysql_client, mysql_server


def mariadb(**settings: object) -> MariaDb:
    return MariaDb("mariadb", MariaDbArgs(settings=MariaDbSettings(**settings), namespace="mysql"))


def database(**changes: object) -> MySqlDatabase:
    args = {"server": mysql_server(), "namespace": "mysql", "owner": "mlrun", "names": ("mlrun",)}
    return MySqlDatabase("records", MySqlDatabaseArgs(**{**args, **changes}))


def test_the_administrators_password_is_in_one_secret_and_on_no_command_line():
    engine = Engine()
    engine.build(mariadb)
    holders = [made.name for made in engine.made if "generated-mariadb-admin" in str(made.inputs)]
    assert holders == ["mariadb-admin"]
    assert SECRET_MARK in str(engine.only("Secret").inputs["stringData"])


def test_each_start_sets_the_password_anew_so_that_a_rotation_reaches_a_full_volume():
    engine = Engine()
    engine.build(mariadb)
    (container,) = engine.only("StatefulSet").inputs["spec"]["template"]["spec"]["containers"]
    hook = container["lifecycle"]["postStart"]["exec"]["command"][-1]
    assert "ALTER USER 'root'@'%' IDENTIFIED BY '$MARIADB_ROOT_PASSWORD'" in hook and "<<SQL" in hook


def test_a_change_of_image_keeps_the_volume():
    """What a claim template or the selector holds can't be changed in place, so no version is in either."""
    engine = Engine()
    engine.build(mariadb)
    spec = engine.only("StatefulSet").inputs["spec"]
    (container,) = spec["template"]["spec"]["containers"]
    version = container["image"].rpartition(":")[2]
    assert version not in str(spec["volumeClaimTemplates"]) + str(spec["selector"])
    assert {"name": "MARIADB_AUTO_UPGRADE", "value": "1"} in container["env"]


def test_raising_the_rotation_number_makes_a_new_password():
    def keeper(rotation: int) -> str:
        engine = Engine()
        engine.build(lambda: mariadb(password_rotation=rotation))
        return engine.only("RandomPassword").inputs["keepers"]["rotation"]

    assert (keeper(1), keeper(2)) == ("1", "2")


def test_a_databases_passwords_reach_its_job_by_a_secret_alone():
    engine = Engine()
    engine.build(database)
    for value in ("the-admin-password", "generated-records-owner"):
        assert [made.name for made in engine.made if value in str(made.inputs)] == ["records-owner"]


def test_a_name_that_sql_would_read_as_more_than_a_name_is_refused():
    with pytest.raises(ValidationError, match="write an SQL name"):
        database(names=("mlrun; drop database x",))


def test_a_server_outside_the_cluster_gets_no_network_policy():
    engine = Engine()
    engine.build(lambda: database(server=mysql_server().model_copy(update={"peer": None})))
    assert not engine.all("NetworkPolicy")


def test_the_url_with_the_password_in_it_is_a_secret():
    seen = []

    async def secrecy(client: MySqlClient) -> None:
        url = client.url("mlrun")
        seen.append((await url.future(), await url.is_secret()))

    import asyncio

    Engine().build(lambda: asyncio.ensure_future(secrecy(mysql_client())))
    assert seen == [("mysql+pymysql://mlrun:the-mysql-password@mariadb.mysql:3306/mlrun", True)]
