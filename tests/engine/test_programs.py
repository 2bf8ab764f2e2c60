"""The language host: programs, their failures, policy packs."""

import os
import signal
import textwrap
import time

from tests.engine.project import Project


def test_a_program_runs_with_the_interpreter_of_the_host_and_sees_its_configuration(bare_project: Project) -> None:
    bare_project.pulumi("config", "set", "greeting", "hello")
    bare_project.pulumi("config", "set", "--secret", "password", "s3cret-value")
    bare_project.write("""
        import sys
        config = pulumi.Config()
        pulumi.export("python", sys.executable)
        pulumi.export("greeting", config.require("greeting"))
        pulumi.export("length", config.require_secret("password").apply(len))
        print("said by the program")
    """)
    result = bare_project.up()
    assert "said by the program" in result.text
    assert "s3cret-value" not in result.text
    outputs = bare_project.outputs()
    assert outputs["greeting"] == "hello" and outputs["length"] == 12
    assert os.path.realpath(outputs["python"]) == os.path.realpath(os.sys.executable)


def test_the_engine_finds_the_plugins_without_a_warning(bare_project: Project) -> None:
    bare_project.write('random.RandomPet("pet")')
    assert "warning" not in bare_project.up().text


def test_an_exception_in_the_program_is_shown_once_and_fails_the_command(bare_project: Project) -> None:
    bare_project.write("""
        def broken():
            raise ValueError("the cause of it all")
        broken()
    """)
    said = bare_project.refused("up", "--yes", "--skip-preview")
    assert said.count("ValueError: the cause of it all") == 1
    assert "in broken" in said
    assert "language_pb2" not in said and "grpc" not in said


def test_a_run_error_is_shown_without_a_traceback(bare_project: Project) -> None:
    bare_project.write('raise pulumi.RunError("say what to do")')
    said = bare_project.refused("up", "--yes", "--skip-preview")
    assert "say what to do" in said and "Traceback" not in said


def test_a_program_that_exits_with_a_code_of_its_own_fails_the_command(bare_project: Project) -> None:
    bare_project.write("import os; os._exit(7)")
    assert "exited with non-zero exit code: 7" in bare_project.refused("up", "--yes", "--skip-preview")


def test_an_interrupt_ends_the_program_and_leaves_no_process(bare_project: Project) -> None:
    bare_project.write("""
        import os, pathlib, time
        pathlib.Path("program.pid").write_text(str(os.getpid()))
        time.sleep(300)
    """)
    running = bare_project.start("up", "--yes", "--skip-preview")
    pid = int(_when_written(bare_project, "program.pid"))
    os.kill(running.pid, signal.SIGINT)
    time.sleep(1)
    os.kill(running.pid, signal.SIGINT)
    running.communicate(timeout=60)
    assert running.returncode != 0
    _assert_ends(pid)


def test_a_killed_engine_takes_its_program_and_plugins_along(bare_project: Project) -> None:
    bare_project.write("""
        import asyncio, os, pathlib

        async def hold(_):
            pathlib.Path("program.pid").write_text(str(os.getpid()))
            await asyncio.sleep(300)

        pulumi.export("held", random.RandomPet("pet").id.apply(hold))
    """)
    running = bare_project.start("up", "--yes", "--skip-preview")
    pid = int(_when_written(bare_project, "program.pid"))
    children = _descendants(running.pid)
    os.kill(running.pid, signal.SIGKILL)
    running.communicate(timeout=60)
    assert len(children) >= 2
    for child in {*children, pid}:
        _assert_ends(child)


def test_a_mandatory_policy_stops_the_update_and_names_the_rule(bare_project: Project) -> None:
    pack = bare_project.folder.parent / "pack"
    pack.mkdir()
    (pack / "PulumiPolicy.yaml").write_text("name: house-rules\nversion: 1.0.0\nruntime: python\n")
    (pack / "__main__.py").write_text(
        textwrap.dedent("""
        from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy

        def long_enough(args, report):
            if args.resource_type.endswith("RandomPassword") and args.props["length"] < 12:
                report(f"{args.name} is too short")

        PolicyPack("house-rules", [ResourceValidationPolicy(
            name="long-passwords", description="Passwords have twelve characters.", validate=long_enough,
            enforcement_level=EnforcementLevel.MANDATORY)])
        """)
    )
    bare_project.write('random.RandomPassword("pin", length=4)')
    said = bare_project.refused("up", "--yes", "--skip-preview", "--policy-pack", str(pack))
    assert "long-passwords" in said and "pin is too short" in said
    assert bare_project.outputs() == {}
    bare_project.write('random.RandomPassword("pin", length=14)')
    bare_project.up("--policy-pack", str(pack))


def _when_written(project: Project, name: str) -> str:
    ends = time.monotonic() + 300
    file = project.folder / name
    while not (file.exists() and file.read_text()):
        assert time.monotonic() < ends, f"{name} was not written"
        time.sleep(0.1)
    return file.read_text()


def _descendants(pid: int) -> set[int]:
    with open(f"/proc/{pid}/task/{pid}/children") as listed:
        children = {int(child) for child in listed.read().split()}
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children") as listed:
            children |= {int(child) for child in listed.read().split()}
    return children.union(*(_descendants(child) for child in children)) if children else set()


def _assert_ends(pid: int) -> None:
    ends = time.monotonic() + 60
    while _is_alive(pid):
        assert time.monotonic() < ends, f"process {pid} is still there"
        time.sleep(0.2)


def _is_alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as status:
            return status.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
