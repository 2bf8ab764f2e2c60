"""`python -m policies images ...`: what each command reads, says, and ends with."""

import argparse
from importlib import import_module
from pathlib import Path
from typing import Any

from ..open_source.references import Reference
from ..open_source.rule import catalogue, judge
from ..outside.configuration import read as read_configuration
from ..outside.errors import Unusable
from ..outside.items import items
from . import mirror, reports
from .inventory import Inventory, StackImage, inventory
from .lock import Lock, Locked, differences, updated

DONE, INCOMPLETE, UNUSABLE = 0, 1, 2


def add(commands: Any) -> None:
    """The command `images` and those below it. What they raise as Unusable is for the caller."""
    parser = commands.add_parser("images", help="the images of a stack: list, lock, copies, sbom")
    below = parser.add_subparsers(required=True, metavar="list|lock|copies|sbom")
    _list(_reader(below, "list", "each image with its licence, its source, and where it is used"))
    _lock(_reader(below, "lock", "write the digest of each tag into a lock file"))
    _copies(_reader(below, "copies", "what to copy into a mirror, and the packs' settings for it"))
    _sbom(_reader(below, "sbom", "the bill of materials"))


def _reader(commands: Any, name: str, says: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=says)
    parser.add_argument("paths", nargs="+", type=Path, help="manifests, a state file, `pulumi preview --json`, or -")
    parser.add_argument("--config", type=Path, help="a file as for `pulumi preview --policy-pack-config`")
    return parser


def _list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=list(reports.FORMATS), default="text")
    parser.set_defaults(run=_run_list)


def _lock(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lock", type=Path, default=Path("images.lock.json"), help="images.lock.json")
    parser.add_argument("--upgrade", action="store_true", help="also resolve what is locked already")
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 if the file would change")
    parser.add_argument("--platform", action="append", default=[], help="that each image must have, as linux/amd64")
    parser.add_argument("--ca", type=Path, help="certificates of a private authority")
    parser.add_argument("--plain-http", action="append", default=[], metavar="HOST:PORT", help="on this machine only")
    parser.add_argument("--docker-config", type=Path, metavar="FOLDER", help="with config.json; ~/.docker")
    parser.set_defaults(run=_run_lock)


def _copies(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--to", required=True, help="the mirror, as registry.example.org/mirror")
    parser.add_argument("--lock", type=Path, help="copy the digests of this file")
    parser.add_argument("--format", choices=[*mirror.FORMATS, "settings"], default="text")
    parser.set_defaults(run=_run_copies)


def _sbom(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lock", type=Path, help="with the digests of this file")
    parser.add_argument("--name", default="platform", help="of what the images make up")
    parser.add_argument("--format", choices=["cyclonedx", "spdx"], default="cyclonedx")
    parser.set_defaults(run=_run_sbom)


def _run_list(given: argparse.Namespace) -> int:
    found = _inventory(given)
    print(reports.FORMATS[given.format](found))
    return INCOMPLETE if found.gaps else DONE


def _run_lock(given: argparse.Namespace) -> int:
    found = _complete(given)
    old = Lock.read(given.lock, may_lack=True)
    registries = _needed("registry").Registries(_logins(given), given.ca, given.plain_http)

    def resolve(image: StackImage) -> Locked:
        origin = image.origin
        found: Locked = registries.resolve(Reference(origin.domain, origin.path, origin.tag))
        return found

    new = updated(old, found.images, resolve, anew=given.upgrade)
    changes = [*differences(old, new), *_lacking(new, given.platform)]
    print("\n".join(changes) if changes else f"{given.lock} is up to date: {len(new.images)} image(s)")
    if _lacking(new, given.platform):
        return INCOMPLETE
    if given.check:
        return INCOMPLETE if changes else DONE
    given.lock.write_text(new.render(), encoding="utf-8")
    return DONE


def _lacking(lock: Lock, platforms: list[str]) -> list[str]:
    return [
        f"{name}: has no image for {platform}, only for {', '.join(sorted(one.platforms))}"
        for name, one in lock.images.items()
        for platform in platforms
        if platform not in one.platforms
    ]


def _run_copies(given: argparse.Namespace) -> int:
    found, place = _complete(given), mirror.Mirror.read(given.to)
    if given.format == "settings":
        print(mirror.settings(found.images, place))
    else:
        lock = Lock.read(given.lock) if given.lock else Lock()
        print(mirror.FORMATS[given.format](mirror.copies(found.images, place, lock)))
    return DONE


def _run_sbom(given: argparse.Namespace) -> int:
    found, bills = _complete(given), _needed("bills")
    lock = Lock.read(given.lock) if given.lock else Lock()
    print(bills.FORMATS[given.format](bills.Bill(given.name, found.images, lock, catalogue().names)))
    return DONE


def _inventory(given: argparse.Namespace) -> Inventory:
    rules = {rule.policy.name: rule for rule in read_configuration(given.config)}
    return inventory(items(given.paths), judge(rules["open-source-images"].settings))


def _complete(given: argparse.Namespace) -> Inventory:
    """What is made of a list is made of a whole one. Raises Unusable."""
    found = _inventory(given)
    if found.gaps:
        gaps = "\n  ".join(f"{use}: {problem}" for use, problem in found.gaps)
        raise Unusable(f"{len(found.gaps)} place(s) could not be read, so some image may be missing:\n  {gaps}")
    return found


def _logins(given: argparse.Namespace) -> Any:
    return _needed("credentials").Credentials.load(given.docker_config)


def _needed(module: str) -> Any:
    """The part of this package that talks to others: who only checks manifests need not install its libraries."""
    try:
        return import_module(f".{module}", __package__)
    except ModuleNotFoundError as error:
        raise Unusable(f"{error.name} is not installed: pip install -r policies/images/requirements.txt") from error
