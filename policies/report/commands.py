"""`python -m policies report`: what a preview comes to, from the events that the engine has written down."""

import argparse
from pathlib import Path
from typing import Any

from ..outside.configuration import settings
from .events import read
from .forms import FORMATS
from .report import report

PASSED, REFUSED = 0, 1


def add(commands: Any) -> None:
    """The command. What it raises as Unusable is for the caller."""
    parser = commands.add_parser("report", help="resources, findings, cost, quotas and licences of a preview")
    parser.add_argument("events", type=Path, help="the file of `pulumi preview --event-log`")
    parser.add_argument("--config", type=Path, help="a file as for `pulumi preview --policy-pack-config`")
    parser.add_argument("--format", choices=list(FORMATS), default="text")
    parser.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> int:
    made = report(read(given.events), settings(given.config))
    print(FORMATS[given.format]([made]))
    return PASSED if made.passed else REFUSED
