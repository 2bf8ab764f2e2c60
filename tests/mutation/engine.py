"""mutmut, made quick: `python -P engine.py SETTINGS RESULTS SECONDS`, in a copy whose pyproject.toml says what to do.

mutmut lets pytest collect the tests anew for each change, which takes longer than nearly all tests. Here the server
that forks a process for each change has collected them before, and the process runs those that reach the change, the
quickest first, until one fails. The server itself runs no test: each process answers out of what the change computes.

What runs while a module is loaded, such as what makes rules out of functions, has run by then: for a change of that the
process loads all modules and a few files of tests again. SETTINGS names these files by the module that is changed.
"""

import contextlib
import functools
import gc
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import license_expression
import pytest
from hypothesis import Phase, settings
from mutmut import __main__ as mutmut
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.runners.harness import PytestRunner
from mutmut.state import state
from mutmut.utils.file_utils import change_cwd, walk_mutatable_files
from mutmut.utils.format_utils import mangled_name_from_mutant_name
from mutmut.workers.isolation import ForkServerRunner

_SURVIVED, _NO_TEST, _KILLED, _ENDLESS, _LEFT = (0,), (33,), (1,), (-signal.SIGPROF,), (None,)
_AT_LOAD = Path("at-load.json")

# The same examples each time, so that a score is no matter of luck.
settings.register_profile(
    "mutation", deadline=None, derandomize=True, database=None, max_examples=50, phases=[Phase.explicit, Phase.generate]
)


class Tests(PytestRunner):
    """Of a process; those that are forked from it inherit what was collected."""

    collected: dict[str, pytest.Item] = {}  # noqa: RUF012
    at_load: frozenset[str] = frozenset()

    def warm_up(self) -> None:
        """The server has collected already."""

    def run_stats(self, *, tests: Any) -> int:
        class Loaded:
            def pytest_collection_finish(self) -> None:
                _AT_LOAD.write_text(json.dumps(sorted(state()._stats)))
                state()._stats.clear()

        execute = self.execute_pytest
        self.execute_pytest = lambda params, plugins: execute(params, plugins=[*plugins, Loaded()])  # type: ignore
        return super().run_stats(tests=tests)

    def run_tests(self, *, mutant_name: str | None, tests: Any) -> int:
        if not self.collected:
            return super().run_tests(mutant_name=mutant_name, tests=tests)
        function = mangled_name_from_mutant_name(str(mutant_name))
        failed = run([self.collected[name] for name in tests])
        return failed or (self.anew(again(function)) if function in self.at_load else 0)

    def anew(self, files: Sequence[str]) -> int:
        for name in [name for name in sys.modules if name.partition(".")[0] in ("policies", "tests")]:
            del sys.modules[name]
        signal.setitimer(signal.ITIMER_PROF, 120)
        return int(any(self.execute_pytest(["-x", "-q", file]) for file in files))


def again(function: str) -> list[str]:
    """The files of tests that are loaded again for a change of it."""
    return json.loads(Path(os.environ["MUTATION_SETTINGS"]).read_text())[function.rpartition(".")[0]]


def run(items: Sequence[pytest.Item]) -> int:
    """As pytest's own loop does it, quick ones first."""
    items = sorted(items, key=lambda item: state().duration_by_test[item.nodeid])
    for item, following in zip(items, [*items[1:], None], strict=True):
        # Of CPU time, whatever else the machine does; when it is up, SIGPROF ends the process.
        signal.setitimer(signal.ITIMER_PROF, 5 + 5 * state().duration_by_test[item.nodeid])
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if item.session.testsfailed:
            return 1
    return 0


class Server(ForkServerRunner):
    def collect_stats(self, tests: Any) -> int:
        """What runs while a module is loaded is reached by tests, too; one stands for those that are named for it."""
        code = super().collect_stats(tests)
        quickest = min(state().duration_by_test, key=lambda name: state().duration_by_test[name])
        for function in json.loads((Path("mutants") / _AT_LOAD).read_text()):
            state().tests_by_mangled_function_name[function].add(quickest)
        return code

    def run_clean_tests(self, tests: Any) -> int:
        """Not by themselves: the server sees to it, in the way in which it runs them for each change."""
        return 0

    def _forkserver_main(self, work_fd: int, result_fd: int) -> None:
        sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115 until the process ends
        serve, runner = super()._forkserver_main, Tests()

        class Collected:
            def pytest_runtestloop(self, session: pytest.Session) -> bool:
                gc.freeze()
                Tests.collected = {item.nodeid: item for item in session.items}
                Tests.at_load = frozenset(json.loads(_AT_LOAD.read_text()))
                files = sorted({test for function in Tests.at_load for test in again(function)})
                if forked(lambda: run(session.items)) or (files and forked(lambda: runner.anew(files))):
                    raise RuntimeError("the tests fail without a change")
                serve(work_fd, result_fd)
                os._exit(0)

        with change_cwd("mutants"):
            runner.execute_pytest(["-q", *runner._pytest_add_cli_args_test_selection], plugins=[Collected()])
        os._exit(1)


def forked(task: Any) -> int:
    child = os.fork()
    if not child:
        os._exit(task())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def results() -> dict[str, Any]:
    """By file: how many changes were noticed by a failing test, or as they never ended, and those that were not."""
    found = {}
    for path in walk_mutatable_files():
        data = SourceFileMutationData(path=path)
        data.load()
        codes = data.exit_code_by_key
        known = (*_SURVIVED, *_NO_TEST, *_KILLED, *_ENDLESS, *_LEFT)
        if odd := {name: code for name, code in codes.items() if code not in known}:
            raise RuntimeError(f"these ended in no way that means anything: {odd}")
        found[str(path)] = {
            "noticed": sum(code in (*_KILLED, *_ENDLESS) for code in codes.values()),
            "endless": [name for name, code in codes.items() if code in _ENDLESS],
            "left": sum(code in _LEFT for code in codes.values()),
            "survivors": {
                name: get_diff_for_mutant(name, path=path)
                for name, code in codes.items()
                if code in (*_SURVIVED, *_NO_TEST)
            },
        }
    return found


def main() -> None:
    given, target, seconds, *names = sys.argv[1:]
    os.environ["MUTATION_SETTINGS"] = str(Path(given).resolve())

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(int(seconds))
    # SPDX's licences, which nobody changes here, take longer to read than most tests to run.
    license_expression.get_spdx_licensing = functools.cache(license_expression.get_spdx_licensing)
    license_expression.get_spdx_licensing()
    mutmut.get_mutant_runner = lambda workers=1: Server(workers, Tests, {}, max_restarts=0)
    with contextlib.suppress(KeyboardInterrupt):  # before it tries any change, mutmut lets it through
        mutmut._run(tuple(names), 2)
    Path(target).write_text(json.dumps(results(), indent=1))


if __name__ == "__main__":
    main()
