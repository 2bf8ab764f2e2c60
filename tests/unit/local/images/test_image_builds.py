"""Builds with a buildah that only notes how it was called, so that no root and no network is needed."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from local import debian, images, toolchain
from local.errors import LocalError
from local.images import recipe, registries
from local.images.storage import mounts_below
from local.paths import REPOSITORY

BUILDAH = """#!/bin/sh
shift 3
echo "$*" >> "$FAKE/calls"
[ "$1" = build ] || exit 0
echo "STEP 1/2: FROM something"
echo "STEP 2/2: RUN apt-get install server"
for argument; do
    case $argument in
        --tag=docker-archive:*) archive=${argument#*:} archive=${archive%%:*} ;;
    esac
done
[ -n "$archive" ] || exit 0
echo half > "$archive"
while [ -e "$FAKE/hang" ]; do sleep 0.02; done
[ ! -e "$FAKE/busy" ] || { cat "$FAKE/busy" >&2; rm "$FAKE/busy"; exit 1; }
[ ! -e "$FAKE/fail" ] || { echo "E: Unable to locate package server" >&2; exit 1; }
echo whole > "$archive"
"""
MMDEBSTRAP = "#!/bin/sh\nfor last; do case $last in */root.tar) echo root > $last;; esac; done\n"


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, script in (("buildah", BUILDAH), ("mmdebstrap", MMDEBSTRAP)):
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("FAKE", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(images, "FOLDER", tmp_path / "images")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(debian, "ensure", lambda packages, say: None)
    monkeypatch.setattr(registries, "tools", lambda folder: tmp_path)
    monkeypatch.setattr(registries, "wheels", lambda tools: tmp_path)
    monkeypatch.setattr(registries, "debian", lambda suite: [])
    return tmp_path


def builds(fake: Path) -> list[str]:
    calls = (fake / "calls").read_text().splitlines() if (fake / "calls").exists() else []
    return [call for call in calls if call.startswith("build ")]


def quiet(line: str) -> None: ...


def test_an_image_is_built_into_an_archive_named_after_what_it_is_built_from(fake: Path) -> None:
    made = images.build(["postgres"], quiet)["postgres"]
    assert made.path == fake / f"images/postgres-{recipe.read('postgres').digest}.tar"
    assert made.path.read_text() == "whole\n"
    assert f".partial:{made.reference}" in builds(fake)[-1]


def test_what_is_in_the_cache_is_left_alone(fake: Path) -> None:
    first = images.build(["postgres"], quiet)
    before = len(builds(fake))
    assert images.build(["postgres"], quiet) == first
    assert len(builds(fake)) == before
    images.build(["postgres", "seaweedfs"], quiet)
    assert not any("postgres:" in call for call in builds(fake)[before:])


def test_the_archive_of_an_older_recipe_goes_when_the_new_one_is_there(fake: Path) -> None:
    (older := fake / f"images/postgres-{'0' * 16}.tar").parent.mkdir()
    older.write_text("whole")
    images.build(["postgres"], quiet)
    assert not older.exists()


def test_what_the_catalogue_says_of_an_image_is_on_its_labels(fake: Path) -> None:
    images.build(["postgres"], quiet)
    for label in (
        "title=postgres",
        "version=15.20-bookworm",
        "licenses=PostgreSQL",
        "source=https://github.com/postgres",
    ):
        assert f"--label=org.opencontainers.image.{label}" in builds(fake)[-1]


def test_the_binaries_of_a_module_are_at_hand_under_its_name(fake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolchain, "build_one", lambda module, say: fake / f"{module.name}-binaries")
    images.build(["argo-controller"], quiet)
    assert f"--build-context=argo={fake}/argo-binaries " in builds(fake)[-1]


def test_it_says_which_image_and_which_step(fake: Path) -> None:
    heard: list[str] = []
    images.build(["postgres"], heard.append)
    assert any(line.startswith("image postgres: step 2/2 RUN apt-get install server, ") for line in heard)


def test_a_failure_tells_what_buildah_said_last_and_leaves_nothing_that_counts_as_done(fake: Path) -> None:
    (fake / "fail").touch()
    with pytest.raises(LocalError, match="Unable to locate package server"):
        images.build(["postgres"], quiet)
    assert not list((fake / "images").glob("*.tar"))
    (fake / "fail").unlink()
    assert images.build(["postgres"], quiet)["postgres"].path.read_text() == "whole\n"


def test_a_build_is_tried_again_where_linux_was_busy_for_a_moment(fake: Path) -> None:
    (fake / "busy").write_text("Close_Fd sealing memfd copy: Device or resource busy\n")
    assert images.build(["postgres"], quiet)["postgres"].path.read_text() == "whole\n"
    (archived,) = {call for call in builds(fake) if "docker-archive" in call}
    assert sum(call == archived for call in builds(fake)) == 2


def test_an_interrupted_build_is_no_archive_and_the_next_run_cleans_up_after_it(fake: Path) -> None:
    def interrupt(line: str) -> None:
        if "RUN" in line and "postgres" in line:
            raise KeyboardInterrupt

    (fake / "hang").touch()
    with pytest.raises(KeyboardInterrupt):
        images.build(["postgres"], interrupt)
    assert not list((fake / "images").glob("*.tar"))
    (left := fake / "images/root-0123.partial").mkdir()
    (fake / "hang").unlink()
    (fake / "calls").unlink()
    assert images.build(["postgres"], quiet)["postgres"].path.read_text() == "whole\n"
    assert not left.exists() and not list((fake / "images").glob("*.partial"))
    assert (fake / "calls").read_text().startswith("rm --all\n")


def test_the_next_run_waits_for_what_a_killed_one_left_running(fake: Path) -> None:
    (fake / "hang").touch()
    script = (
        "from local import images, debian; from local.images import registries; import os; from pathlib import Path\n"
        "here = Path(os.environ['FAKE']); images.FOLDER = here / 'images'; os.geteuid = lambda: 0\n"
        "debian.ensure = lambda *_: None; registries.debian = lambda _: []\n"
        "registries.tools = registries.wheels = lambda _: here\n"
        "images.build(['postgres'], lambda line: None)"
    )
    killed = subprocess.Popen([sys.executable, "-c", script], cwd=REPOSITORY)
    _until(lambda: list((fake / "images").glob("postgres-*.partial")))
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    with (fake / "images/lock").open("w") as lock:
        with pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        (fake / "hang").unlink()
        fcntl.flock(lock, fcntl.LOCK_EX)
    assert not list((fake / "images").glob("*.tar"))


def _until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_without_root_nothing_is_tried(fake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(LocalError, match="needs root: run as root, or point KUBECONFIG at"):
        images.build(["postgres"], quiet)
    assert not builds(fake)


def test_an_unknown_image_is_refused_before_any_is_built(fake: Path) -> None:
    with pytest.raises(LocalError, match="'no-such' can be built here"):
        images.build(["postgres", "no-such"], quiet)
    assert not builds(fake)


def test_clean_removes_the_storage_and_keeps_the_archives(fake: Path) -> None:
    made = images.build(["postgres"], quiet)["postgres"]
    (fake / "images/storage/root").mkdir(parents=True, exist_ok=True)
    images.clean(quiet)
    assert [path.name for path in (fake / "images").iterdir() if path.name != "lock"] == [made.path.name]


def test_mounts_in_the_storage_are_found_from_the_inside_out(tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(
        "21 1 254:0 / / rw - ext4 /dev/a rw\n"
        f"40 21 0:40 / {tmp_path}/storage/a\\040b rw - overlay overlay rw\n"
        f"41 40 0:41 / {tmp_path}/storage/a\\040b/proc rw - proc proc rw\n"
        f"42 21 0:42 / {tmp_path}/storage-of-another rw - tmpfs tmpfs rw\n"
    )
    found = mounts_below(tmp_path / "storage", table)
    assert found == [f"{tmp_path}/storage/a b/proc", f"{tmp_path}/storage/a b"]


def test_builds_use_the_index_and_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://user:it's@index.example/simple")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not for builds")
    done = subprocess.run(
        ["sh", "-c", f'{registries.settings()}\necho "$UV_DEFAULT_INDEX $HTTPS_PROXY"'], capture_output=True, text=True
    )
    assert done.stdout == "https://user:it's@index.example/simple http://proxy.example:3128\n"
    assert "not for builds" not in registries.settings()


def test_the_index_with_its_password_reaches_no_command_line(fake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://user:secret@index.example/simple")
    images.build(["seaweedfs"], quiet)
    assert "index.example" not in (fake / "calls").read_text()
