"""`python -m policies check PATH...`: the packs' rules on manifests and state files, without an engine."""

import argparse
import sys
from pathlib import Path

from .outside.configuration import read as read_configuration
from .outside.errors import Unusable
from .outside.items import items
from .outside.judging import judge
from .outside.reports import FORMATS

PASSED, REFUSED, UNUSABLE = 0, 1, 2


def main(words: list[str] | None = None) -> int:
    """0: nothing is refused. 1: something is. 2: something could not be read, so nothing is said of the rest."""
    given = _parser().parse_args(words)
    try:
        configuration = read_configuration(given.config)
        findings = judge(items(given.paths), configuration)
    except Unusable as error:
        print(f"error: {error}", file=sys.stderr)
        return UNUSABLE
    print(FORMATS[given.format](findings))
    return REFUSED if any(finding.mandatory for finding in findings) else PASSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m policies", description="Judge what no engine previews.")
    commands = parser.add_subparsers(required=True, metavar="check")
    check = commands.add_parser("check", help="rendered manifests, or what `pulumi stack export` prints")
    check.add_argument("paths", nargs="+", type=Path, help="YAML or JSON files, folders of them, or -")
    check.add_argument("--config", type=Path, help="a file as for `pulumi preview --policy-pack-config`")
    check.add_argument("--format", choices=list(FORMATS), default="text")
    return parser


if __name__ == "__main__":
    sys.exit(main())
