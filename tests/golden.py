"""`python -m tests.golden` writes what each stack consists of: the type and name of every resource, one a line."""

from pathlib import Path

from tests.recording import Engine

_FOLDER = Path(__file__).parent / "unit" / "golden"


def listed(engine: Engine) -> str:
    return "".join(f"{line}\n" for line in sorted(f"{made.type} {made.name}" for made in engine.made))


def file_of(stack: Path) -> Path:
    return _FOLDER / f"{stack.stem.removeprefix('Pulumi.')}.txt"


def main() -> None:
    from reference.programs import environment, run
    from tests.unit.test_program import STACKS

    _FOLDER.mkdir(exist_ok=True)
    for stack in STACKS:
        file_of(stack).write_text(listed(run(environment(stack))), encoding="utf-8")


if __name__ == "__main__":
    main()
