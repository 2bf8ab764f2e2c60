"""`make mutation MODULE="guardrails.secrets ..."`: whether the rules' own tests notice each change of their code.

In a copy, with mutmut. A change that no test notices is a survivor; `survivors.json` has those that are explained.
Ends with 1 if fewer than 95 % of the changes are noticed, or a survivor is not explained, or an explained one is
noticed after all.
"""

import argparse
import sys

from . import survivors
from .modules import MODULES
from .run import Result, run

_LEAST = 0.95


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="such as guardrails.secrets; all without")
    parser.add_argument("--minutes", type=float, help="in all; what was not tried until then is told")
    given = parser.parse_args()
    if unknown := sorted(set(given.modules) - set(MODULES)):
        parser.error(f"no such module: {', '.join(unknown)}; there are {', '.join(MODULES)}")
    results = run(given.modules or MODULES, given.minutes)
    noticed, tried = sum(result.noticed for result in results), sum(result.tried for result in results)
    for result in results:
        show(result)
    print(f"{'all of these':34} {noticed:5} of {tried:5} noticed, {noticed / max(tried, 1):.1%}")
    problems = [problem for result in results for problem in survivors.problems(result)]
    print("\n".join(problems))
    return 1 if problems or noticed < _LEAST * tried or not tried else 0


def show(result: Result) -> None:
    left = f", {result.left} not tried" if result.left else ""
    print(f"{result.module:34} {result.noticed:5} of {result.tried:5} noticed, {result.score:.1%}{left}")


if __name__ == "__main__":
    sys.exit(main())
