"""The entrypoint with an initdb, pg_ctl, psql and postgres that only note how they were called."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from local.images.recipe import RECIPES

PROGRAMS = {
    "id": "echo 999",
    "initdb": """
        for argument; do case $argument in
            --pgdata=*) data=${argument#*=} ;;
            --pwfile=*) cp "${argument#*=}" "$FAKE/password" ;;
        esac; done
        mkdir -m 700 "$data" && mkdir "$data/base" || exit 1
        echo 15 > "$data/PG_VERSION"
        [ ! -e "$FAKE/initdb-fails" ] || exit 1
        echo rules > "$data/pg_hba.conf"
    """,
    "pg_ctl": "",
    "mv": 'case $1 in */pg_hba.conf) [ ! -e "$FAKE/mv-fails" ] || exit 1 ;; esac; exec /bin/mv "$@"',
    "psql": 'cat >> "$FAKE/sql"',
    "postgres": """
        case " $* " in *" -C password_encryption "*) echo scram-sha-256 ;; esac
        env > "$FAKE/environment"
    """,
}


class Volume:
    """A container's volume and settings; `start` runs the entrypoint on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.scripts = folder / "scripts"
        self.scripts.mkdir()
        self.entrypoint = folder / "docker-entrypoint.sh"
        text = (RECIPES / "postgres/docker-entrypoint.sh").read_text()
        self.entrypoint.write_text(text.replace("/docker-entrypoint-initdb.d", str(self.scripts)))
        self.entrypoint.chmod(0o755)
        (folder / "bin").mkdir()
        for name, script in PROGRAMS.items():
            (folder / "bin" / name).write_text(f'#!/bin/sh\necho "{name} $*" >> "$FAKE/calls"\n{script}\n')
            (folder / "bin" / name).chmod(0o755)

    def environment(self, **settings: str) -> dict[str, str]:
        fixed = {"FAKE": str(self.folder), "PGDATA": str(self.data), "PATH": f"{self.folder}/bin:{os.environ['PATH']}"}
        return {**fixed, **settings}

    def start(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        (self.folder / "calls").unlink(missing_ok=True)
        command = [str(self.entrypoint), *(arguments or ("postgres",))]
        return subprocess.run(command, env=self.environment(**settings), capture_output=True, text=True, timeout=120)

    def calls(self, program: str) -> list[str]:
        noted = (self.folder / "calls").read_text().splitlines()
        return [call.removeprefix(f"{program} ") for call in noted if call.split()[0] == program and call != "id -u"]

    @property
    def initialised(self) -> bool:
        return (self.data / "PG_VERSION").exists()


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    return Volume(tmp_path)


def test_an_empty_volume_is_initialised_and_then_served(volume: Volume) -> None:
    assert volume.start("postgres", "-c", "port=5433", POSTGRES_PASSWORD="pw").returncode == 0
    assert sorted(path.name for path in volume.data.iterdir()) == ["PG_VERSION", "base", "pg_hba.conf"]
    assert volume.calls("postgres")[-1] == "-c port=5433"


def test_a_volume_that_was_initialised_is_served_as_it_is(volume: Volume) -> None:
    volume.start(POSTGRES_PASSWORD="pw")
    assert volume.start().returncode == 0
    assert not volume.calls("initdb")


def test_the_server_listens_on_its_socket_alone_until_it_is_set_up(volume: Volume) -> None:
    volume.start("postgres", "-c", "port=5433", POSTGRES_PASSWORD="pw")
    start, stop = volume.calls("pg_ctl")
    assert start.endswith("start") and stop.endswith("--mode=fast stop")
    # The last one counts: psql looks for the server where the client's settings say.
    assert "--options=-c port=5433 -c listen_addresses= -c port=5432" in start


def test_arguments_alone_are_the_servers(volume: Volume) -> None:
    volume.start("-c", "fsync=off", POSTGRES_PASSWORD="pw")
    assert volume.calls("postgres")[-1] == "-c fsync=off"


@pytest.mark.parametrize(
    "arguments", [("echo", "hello"), ("postgres", "--version"), ("postgres", "-C", "data_directory")]
)
def test_other_commands_run_without_a_database(volume: Volume, arguments: tuple[str, ...]) -> None:
    assert volume.start(*arguments).returncode == 0
    assert not volume.data.exists()


def test_without_a_password_nothing_is_made(volume: Volume) -> None:
    done = volume.start()
    assert done.returncode == 1 and "POSTGRES_PASSWORD is not set: give" in done.stderr
    assert not volume.initialised


def test_the_password_may_come_from_a_file(volume: Volume) -> None:
    (volume.folder / "secret").write_text("from file\n")
    volume.start(POSTGRES_PASSWORD_FILE=str(volume.folder / "secret"))
    assert (volume.folder / "password").read_text() == "from file\n"


def test_a_password_from_two_places_is_refused(volume: Volume) -> None:
    done = volume.start(POSTGRES_PASSWORD="pw", POSTGRES_PASSWORD_FILE="/dev/null")
    assert done.returncode == 1 and "both set: choose one" in done.stderr


def test_the_password_is_on_no_command_line_and_unknown_to_the_server(volume: Volume) -> None:
    done = volume.start(POSTGRES_PASSWORD="hunter-2")
    noted = (volume.folder / "calls").read_text() + (volume.folder / "environment").read_text()
    assert "hunter-2" not in noted + done.stdout + done.stderr
    assert (volume.folder / "password").read_text() == "hunter-2\n"


def test_users_from_outside_prove_their_password(volume: Volume) -> None:
    volume.start(POSTGRES_PASSWORD="pw")
    assert (volume.data / "pg_hba.conf").read_text().splitlines()[-1] == "host all all all scram-sha-256"


def test_initdb_gets_its_arguments_with_the_shells_quotes(volume: Volume) -> None:
    volume.start(POSTGRES_PASSWORD="pw", POSTGRES_USER="me", POSTGRES_INITDB_ARGS="--data-checksums --locale='a b'")
    (call,) = volume.calls("initdb")
    assert "--username=me --data-checksums --locale=a b --pwfile=" in call


@pytest.mark.parametrize(
    ("settings", "made"),
    [({}, None), ({"POSTGRES_DB": "postgres"}, None), ({"POSTGRES_DB": "app"}, "app"), ({"POSTGRES_USER": "me"}, "me")],
)
def test_the_database_is_made_unless_every_cluster_has_it(volume: Volume, settings: dict[str, str], made: str) -> None:
    volume.start(POSTGRES_PASSWORD="pw", **settings)
    created = [call for call in volume.calls("psql") if f"-v name={made}" in call]
    assert len(volume.calls("psql")) == len(created) == (1 if made else 0)


def test_scripts_run_once_in_the_order_of_their_names(volume: Volume) -> None:
    (volume.scripts / "2.sql").write_text("SELECT 2")
    (volume.scripts / "1.sh").write_text('echo "$POSTGRES_DB" > "$FAKE/sourced"')
    (volume.scripts / "3.txt").write_text("?")
    first, second = volume.start(POSTGRES_PASSWORD="pw", POSTGRES_DB="app"), volume.start()
    said = [line.split("/")[-1] for line in first.stderr.splitlines() if "running" in line]
    assert said == ["1.sh", "2.sql", "3.txt"] and "ignoring" in first.stderr
    assert (volume.folder / "sourced").read_text() == "app\n"
    assert "running" not in second.stderr


def test_a_failing_script_stops_the_start_and_the_next_one_begins_anew(volume: Volume) -> None:
    (volume.scripts / "1.sh").write_text("false")
    assert volume.start(POSTGRES_PASSWORD="pw").returncode != 0
    assert not volume.initialised
    assert volume.calls("pg_ctl")[-1].endswith("stop")
    (volume.scripts / "1.sh").write_text("true")
    assert volume.start(POSTGRES_PASSWORD="pw").returncode == 0
    assert volume.initialised and len(volume.calls("initdb")) == 1


def test_a_failing_initdb_leaves_nothing_that_is_taken_for_a_database(volume: Volume) -> None:
    (volume.folder / "initdb-fails").touch()
    assert volume.start(POSTGRES_PASSWORD="pw").returncode != 0
    assert not volume.initialised
    (volume.folder / "initdb-fails").unlink()
    assert volume.start(POSTGRES_PASSWORD="pw").returncode == 0
    assert (volume.data / "pg_hba.conf").exists()


def test_a_start_that_is_killed_halfway_is_begun_anew(volume: Volume) -> None:
    (volume.scripts / "1.sh").write_text('touch "$FAKE/halfway"; exec sleep 60')
    killed = subprocess.Popen(
        [volume.entrypoint, "postgres"], env=volume.environment(POSTGRES_PASSWORD="pw"), start_new_session=True
    )
    end = time.monotonic() + 60
    while not (volume.folder / "halfway").exists():
        assert time.monotonic() < end
        time.sleep(0.02)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert not volume.initialised
    (volume.scripts / "1.sh").unlink()
    assert volume.start(POSTGRES_PASSWORD="pw").returncode == 0
    assert volume.initialised and len(volume.calls("initdb")) == 1


def test_a_start_that_is_cut_short_while_it_moves_the_database_into_place_carries_on(volume: Volume) -> None:
    (volume.folder / "mv-fails").touch()
    assert volume.start(POSTGRES_PASSWORD="pw").returncode != 0
    assert (volume.data / "base").exists() and not volume.initialised
    (volume.folder / "mv-fails").unlink()
    assert volume.start(POSTGRES_PASSWORD="pw").returncode == 0
    assert not volume.calls("initdb")
    assert sorted(path.name for path in volume.data.iterdir()) == ["PG_VERSION", "base", "pg_hba.conf"]


def test_somebody_elses_files_are_not_touched(volume: Volume) -> None:
    volume.data.mkdir()
    (volume.data / "thesis.txt").write_text("mine")
    done = volume.start(POSTGRES_PASSWORD="pw")
    assert done.returncode == 1 and "has thesis.txt but no PG_VERSION: this is no PostgreSQL data" in done.stderr
    assert [path.name for path in volume.data.iterdir()] == ["thesis.txt"]


def test_what_a_new_file_system_brings_does_not_count_as_files(volume: Volume) -> None:
    (volume.data / "lost+found").mkdir(parents=True)
    assert volume.start(POSTGRES_PASSWORD="pw").returncode == 0
