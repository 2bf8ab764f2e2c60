"""`python -m policies`: the packs' rules without an engine, and tools for the images that they judge."""

import argparse
import sys
from pathlib import Path

from . import admission
from .images import commands as images
from .outside import fixing
from .outside.configuration import read as read_configuration
from .outside.errors import Unusable
from .outside.items import items
from .outside.judging import judge
from .outside.reports import FORMATS
from .report import commands as reports

PASSED, REFUSED, UNUSABLE = 0, 1, 2


def main(words: list[str] | None = None) -> int:
    """0: nothing is refused. 1: something is. 2: something could not be read, so nothing is said of the rest."""
    given = _parser().parse_args(words)
    try:
        return int(given.run(given))
    except Unusable as error:
        print(f"error: {error}", file=sys.stderr)
        return UNUSABLE


def _check(given: argparse.Namespace) -> int:
    configuration = read_configuration(given.config)
    findings = judge(items(given.paths), configuration)
    print(FORMATS[given.format](findings))
    return REFUSED if any(finding.mandatory for finding in findings) else PASSED


def _admission(given: argparse.Namespace) -> int:
    print(admission.manifest(read_configuration(given.config)), end="")
    return PASSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m policies", description="Judge what no engine previews.")
    commands = parser.add_subparsers(required=True, metavar="check|admission|images|fix|report")
    check = commands.add_parser("check", help="rendered manifests, or what `pulumi stack export` prints")
    check.add_argument("paths", nargs="+", type=Path, help="YAML or JSON files, folders of them, or -")
    check.add_argument("--config", type=Path, help="a file as for `pulumi preview --policy-pack-config`")
    check.add_argument("--format", choices=list(FORMATS), default="text")
    check.set_defaults(run=_check)
    armed = commands.add_parser("admission", help="print the rules on images as objects for `kubectl apply -f -`")
    armed.add_argument("--config", type=Path, help="a file as for `pulumi preview --policy-pack-config`")
    armed.set_defaults(run=_admission)
    images.add(commands)
    fixing.add(commands)
    reports.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
