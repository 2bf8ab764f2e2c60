"""The entrypoint with a mariadb-install-db, mariadbd and clients that only note how they were called."""

import os
import subprocess
from pathlib import Path

import pytest

from local.images.recipe import RECIPES

PROGRAMS = {
    "id": "echo 999",
    "mariadb-install-db": """
        for argument; do case $argument in
            --datadir=*) data=${argument#*=} ;;
            --extra-file=*) cp "${argument#*=}" "$FAKE/accounts" ;;
        esac; done
        mkdir -p "$data/mysql" && echo tables > "$data/ibdata1"
        [ ! -e "$FAKE/install-fails" ] || exit 1
    """,
    "mariadbd": """
        trap 'kill $!; exit 0' TERM
        env > "$FAKE/environment"
        case " $* " in *" --skip-networking "*) sleep 60 & wait ;; esac
    """,
    "mariadb": '[ -e "$FAKE/environment" ]',
    "mariadb-upgrade": "",
}


class Volume:
    """A container's volume and settings; `start` runs the entrypoint on it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        (folder / "bin").mkdir()
        for name, script in PROGRAMS.items():
            (folder / "bin" / name).write_text(f'#!/bin/sh\necho "{name} $*" >> "$FAKE/calls"\n{script}\n')
            (folder / "bin" / name).chmod(0o755)

    def start(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        for left in ("calls", "environment"):
            (self.folder / left).unlink(missing_ok=True)
        path = f"{self.folder}/bin:{os.environ['PATH']}"
        environment = {"FAKE": str(self.folder), "DATADIR": str(self.data), "PATH": path, **settings}
        command = [str(RECIPES / "mariadb/docker-entrypoint.sh"), *(arguments or ("mariadbd",))]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)

    @property
    def calls(self) -> str:
        return (self.folder / "calls").read_text()


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    return Volume(tmp_path)


def test_an_empty_volume_is_initialised_and_then_served(volume: Volume) -> None:
    assert volume.start("mariadbd", "--skip-name-resolve", MARIADB_ROOT_PASSWORD="pw").returncode == 0
    assert sorted(path.name for path in volume.data.iterdir()) == ["ibdata1", "mysql"]
    assert volume.calls.splitlines()[-1] == f"mariadbd --skip-name-resolve --datadir={volume.data}"


def test_root_gets_its_password_which_is_on_no_command_line_and_unknown_to_the_server(volume: Volume) -> None:
    done = volume.start(MARIADB_ROOT_PASSWORD="it's\\secret")
    assert "CREATE USER 'root'@'%' IDENTIFIED BY 'it''s\\\\secret';" in (volume.folder / "accounts").read_text()
    noted = volume.calls + (volume.folder / "environment").read_text() + done.stdout + done.stderr
    assert "secret" not in noted


def test_a_first_start_that_was_cut_short_begins_again(volume: Volume) -> None:
    (volume.folder / "install-fails").touch()
    assert volume.start(MARIADB_ROOT_PASSWORD="pw").returncode != 0
    assert not (volume.data / "mysql").exists()
    (volume.folder / "install-fails").unlink()
    assert volume.start(MARIADB_ROOT_PASSWORD="pw").returncode == 0
    assert (volume.data / "mysql").is_dir()


def test_a_volume_that_was_initialised_is_served_as_it_is(volume: Volume) -> None:
    volume.start(MARIADB_ROOT_PASSWORD="pw")
    assert volume.start().returncode == 0
    assert "install-db" not in volume.calls and "upgrade" not in volume.calls


def test_tables_of_an_older_server_are_upgraded_before_anybody_is_let_in(volume: Volume) -> None:
    volume.start(MARIADB_ROOT_PASSWORD="pw")
    volume.start(MARIADB_AUTO_UPGRADE="1")
    calls = volume.calls
    assert calls.index("--skip-networking") < calls.index("mariadb-upgrade") < calls.rindex("mariadbd --datadir")


def test_without_a_password_nothing_is_made(volume: Volume) -> None:
    done = volume.start()
    assert done.returncode == 1 and "MARIADB_ROOT_PASSWORD is not set: give" in done.stderr


def test_what_is_no_data_of_mariadb_is_left_alone(volume: Volume) -> None:
    volume.data.mkdir()
    (volume.data / "thesis.tex").touch()
    done = volume.start(MARIADB_ROOT_PASSWORD="pw")
    assert done.returncode == 1 and "has thesis.tex but no folder mysql" in done.stderr


def test_other_commands_run_without_a_database(volume: Volume) -> None:
    assert volume.start("echo", "hello").stdout == "hello\n"
    assert not volume.data.exists()
