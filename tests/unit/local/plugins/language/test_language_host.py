"""The language host's calls, and the executables that the engine starts."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest

from local import plugins
from local.plugins.language import packages
from local.plugins.protocol import language_pb2, language_pb2_grpc, provider_pb2, provider_pb2_grpc


@contextmanager
def started(name: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], grpc.Channel]]:
    """The plugin `name` as the engine starts it: an executable whose first line is its port."""
    process = subprocess.Popen(
        [sys.executable, str(plugins.BIN / name), "127.0.0.1:9"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    try:
        assert process.stdout
        with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
            yield process, channel
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture
def host() -> Iterator[language_pb2_grpc.LanguageRuntimeStub]:
    with started("pulumi-language-python") as (_, channel):
        yield language_pb2_grpc.LanguageRuntimeStub(channel)


def test_each_provider_executable_names_the_version_that_its_sdk_asks_for() -> None:
    for name in ("kubernetes", "random"):
        with started(f"pulumi-resource-{name}") as (_, channel):
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            answer = stub.Handshake(provider_pb2.ProviderHandshakeRequest(engine_address="127.0.0.1:9"))
            assert answer.accept_secrets and not answer.accept_outputs
            version = stub.GetPluginInfo(provider_pb2.google_dot_protobuf_dot_empty__pb2.Empty()).version
            assert version == packages.sdk_version(name) != "0.0.0"
            assert f'"name": "{name}"' in stub.GetSchema(provider_pb2.GetSchemaRequest()).schema


def test_the_sdks_in_the_environment_ask_for_their_plugins(host: language_pb2_grpc.LanguageRuntimeStub) -> None:
    answer = host.GetRequiredPackages(language_pb2.GetRequiredPackagesRequest())
    versions = {package.name: package.version for package in answer.packages}
    assert versions["kubernetes"] == f"v{packages.sdk_version('kubernetes')}" and "random" in versions
    older = host.GetRequiredPlugins(language_pb2.GetRequiredPluginsRequest())
    assert {plugin.name: plugin.version for plugin in older.plugins} == versions


def test_about_tells_the_interpreter_and_its_packages(host: language_pb2_grpc.LanguageRuntimeStub) -> None:
    assert host.About(language_pb2.AboutRequest()).executable == sys.executable
    answer = host.GetProgramDependencies(language_pb2.GetProgramDependenciesRequest())
    assert {"pulumi", "pytest"} <= {dependency.name for dependency in answer.dependencies}


def test_a_missing_executor_is_an_error_that_says_where_it_belongs() -> None:
    with started("pulumi-language-python", PATH="/nowhere") as (_, channel):
        answer = language_pb2_grpc.LanguageRuntimeStub(channel).Run(language_pb2.RunRequest())
    assert "pulumi-language-python-exec is not on PATH: put it beside the pulumi binary" in answer.error


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("raise SystemExit(0)", language_pb2.RunResponse()),
        ("raise SystemExit(32)", language_pb2.RunResponse(bail=True)),
        ("raise SystemExit(3)", language_pb2.RunResponse(error="Program exited with non-zero exit code: 3")),
        ("import os; os.kill(os.getpid(), 9)", language_pb2.RunResponse(error="Program was ended by signal 9")),
    ],
)
def test_the_end_of_a_program_is_told_as_the_engine_expects_it(
    tmp_path: Path, code: str, expected: language_pb2.RunResponse
) -> None:
    with started("pulumi-language-python", PATH=_executor(tmp_path, code)) as (_, channel):
        stub = language_pb2_grpc.LanguageRuntimeStub(channel)
        assert stub.Run(language_pb2.RunRequest(pwd=str(tmp_path)), timeout=120) == expected


def test_a_program_gets_its_stack_configuration_and_arguments(tmp_path: Path) -> None:
    code = f"""
import json, os, sys
told = {{"args": sys.argv[1:], "config": os.environ["PULUMI_CONFIG"], "keys": os.environ["PULUMI_CONFIG_SECRET_KEYS"]}}
open("{tmp_path}/told.json", "w").write(json.dumps(told))
"""
    info = language_pb2.ProgramInfo(root_directory="/root-of-it", program_directory="/program", entry_point=".")
    request = language_pb2.RunRequest(
        pwd=str(tmp_path), project="shop", stack="dev", organization="us", dryRun=True, parallel=7, info=info,
        monitor_address="monitor:1", config={"shop:key": "value"}, configSecretKeys=["shop:key"], args=["extra"],
    )  # fmt: skip
    with started("pulumi-language-python", PATH=_executor(tmp_path, code)) as (_, channel):
        assert language_pb2_grpc.LanguageRuntimeStub(channel).Run(request, timeout=120) == language_pb2.RunResponse()
    told = json.loads((tmp_path / "told.json").read_text())
    pairs = dict(zip(told["args"][:-2:2], told["args"][1:-2:2], strict=True))
    assert pairs == {
        "--monitor": "monitor:1", "--engine": "127.0.0.1:9", "--project": "shop", "--stack": "dev",
        "--root_directory": "/root-of-it", "--pwd": str(tmp_path), "--dry_run": "true", "--parallel": "7",
        "--organization": "us",
    }  # fmt: skip
    assert told["args"][-2:] == ["/program", "extra"]
    assert told["config"] == '{"shop:key": "value"}' and told["keys"] == '["shop:key"]'


@pytest.mark.parametrize("there", [True, False])
def test_a_program_runs_in_the_environment_that_its_project_names_if_that_is_there(tmp_path: Path, there: bool) -> None:
    own = tmp_path / "project" / ".venv" / "bin" / "python"
    if there:
        own.parent.mkdir(parents=True)
        own.write_text(f"#!/bin/sh\necho project > {tmp_path}/who\n")
        own.chmod(0o755)
    info = language_pb2.ProgramInfo(root_directory=str(tmp_path / "project"))
    info.options.update({"virtualenv": ".venv"})
    executor = _executor(tmp_path, f"open('{tmp_path}/who', 'w').write('host')")
    with started("pulumi-language-python", PATH=executor) as (_, channel):
        request = language_pb2.RunRequest(pwd=str(tmp_path), info=info)
        assert language_pb2_grpc.LanguageRuntimeStub(channel).Run(request, timeout=120) == language_pb2.RunResponse()
    assert (tmp_path / "who").read_text().strip() == ("project" if there else "host")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_host_ends_the_program_too(tmp_path: Path, number: int) -> None:
    code = f"import os, time; open('{tmp_path}/pid', 'w').write(str(os.getpid())); time.sleep(60)"
    with started("pulumi-language-python", PATH=_executor(tmp_path, code)) as (process, channel):
        call = language_pb2_grpc.LanguageRuntimeStub(channel).Run.future(language_pb2.RunRequest(pwd=str(tmp_path)))
        pid = _written(tmp_path / "pid")
        process.send_signal(number)
        assert process.wait(60) == 0
        assert not Path(f"/proc/{pid}").exists()
        call.cancel()


def test_giving_up_the_call_ends_the_program(tmp_path: Path) -> None:
    code = f"import os, time; open('{tmp_path}/pid', 'w').write(str(os.getpid())); time.sleep(60)"
    with started("pulumi-language-python", PATH=_executor(tmp_path, code)) as (_, channel):
        call = language_pb2_grpc.LanguageRuntimeStub(channel).Run.future(language_pb2.RunRequest(pwd=str(tmp_path)))
        pid = _written(tmp_path / "pid")
        call.cancel()
        ends = time.monotonic() + 60
        while Path(f"/proc/{pid}").exists():
            assert time.monotonic() < ends
            time.sleep(0.05)


def test_a_plugins_output_and_exit_code_are_streamed(
    host: language_pb2_grpc.LanguageRuntimeStub, tmp_path: Path
) -> None:
    (tmp_path / "plugin.py").write_text("import os, sys; print(os.environ['KEY'], sys.argv[1]); sys.exit('no')")
    info = language_pb2.ProgramInfo(program_directory=str(tmp_path), entry_point="plugin.py")
    request = language_pb2.RunPluginRequest(
        pwd=str(tmp_path), info=info, kind="resource", args=["engine:1"], env=["KEY=value"]
    )
    answers = list(host.RunPlugin(request, timeout=120))
    assert b"".join(answer.stdout for answer in answers) == b"value engine:1\n"
    assert b"".join(answer.stderr for answer in answers) == b"no\n"
    assert answers[-1].exitcode == 1


def test_a_plugin_ends_when_its_parent_dies(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '{plugins.BIN / 'pulumi-resource-random'}', 'x:1'])\n"
        "print(child.pid, flush=True); time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    pids = {parent.stdout.readline().strip() for _ in range(2)}  # the child's own first line is its port
    parent.kill()
    parent.wait()
    ends = time.monotonic() + 60
    while any(_is_random_plugin(pid) for pid in pids):
        assert time.monotonic() < ends
        time.sleep(0.1)


def test_the_environment_links_each_plugin_where_the_engine_looks(tmp_path: Path) -> None:
    toolchain = tmp_path / "toolchain"
    found = plugins.environment({"PATH": "/bin", "PULUMI_HOME": str(tmp_path / "home"), "KEPT": "1"}, toolchain)
    linked = sorted(path.relative_to(tmp_path / "home" / "plugins") for path in (tmp_path / "home").rglob("pulumi-*"))
    assert [path.parts[1] for path in linked] == [
        "pulumi-language-python",
        *(f"pulumi-resource-{provider}" for provider in ("aws", "gcp", "kubernetes", "random")),
    ]
    assert linked[3].parts[0] == f"resource-kubernetes-v{packages.sdk_version('kubernetes')}"
    assert found["KEPT"] == "1" and found["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"
    assert found["PATH"].split(os.pathsep) == [str(Path(sys.prefix) / "bin"), str(toolchain), "/bin"]
    assert plugins.environment(found, toolchain)["PULUMI_HOME"] == found["PULUMI_HOME"]


def test_links_may_be_made_by_several_commands_at_once(tmp_path: Path) -> None:
    base = {"PATH": "/bin", "PULUMI_HOME": str(tmp_path)}
    failed: list[Exception] = []

    def link() -> None:
        try:
            plugins.environment(base, tmp_path)
        except OSError as error:
            failed.append(error)

    threads = [threading.Thread(target=link) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed and all(os.access(link, os.X_OK) for link in tmp_path.rglob("pulumi-*"))


def _executor(folder: Path, code: str) -> str:
    """A PATH with an executor that runs `code`."""
    (folder / "pulumi-language-python-exec").write_text(code)
    (folder / "pulumi-language-python-exec").chmod(0o755)
    assert shutil.which("pulumi-language-python-exec", path=str(folder))
    return str(folder)


def _written(file: Path) -> str:
    ends = time.monotonic() + 60
    while not (file.exists() and file.read_text()):
        assert time.monotonic() < ends
        time.sleep(0.05)
    return file.read_text()


def _is_random_plugin(pid: str) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_text()
        return "pulumi-resource-random" in command and Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False
