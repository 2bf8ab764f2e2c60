"""Java programs from Maven Central, as the lock of an image's folder lists them: SHA-256 and path there."""

import hashlib
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local.errors import LocalError
from local.images.central import address

LOCK = "jars.txt"
_AT_ONCE, _ATTEMPTS = 8, 3


def gather(lock: Path, ready: Path, say: Callable[[str], None]) -> Path:
    """The folder `ready` with every file of the lock in it, side by side; fetched unless it is there already."""
    if ready.exists():
        return ready
    wanted = list(_entries(lock))
    say(f"{lock.parent.name}: fetching {len(wanted)} files from Maven Central")
    partial = ready.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    central = address(say)
    with ThreadPoolExecutor(_AT_ONCE) as fetchers:
        list(fetchers.map(lambda entry: _fetch(central, *entry, partial), wanted))
    return partial.rename(ready)


def _entries(lock: Path) -> Iterator[tuple[str, str]]:
    for line in lock.read_text().splitlines():
        checksum, path = line.split()
        yield checksum, path


def _fetch(central: str, checksum: str, path: str, folder: Path) -> None:
    content = _download(f"{central}/{path}")
    if hashlib.sha256(content).hexdigest() != checksum:
        raise LocalError(f"{path} is not what {LOCK} expects", "find out who changed it before you lock it anew")
    (folder / Path(path).name).write_bytes(content)


def _download(url: str) -> bytes:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                return bytes(answer.read())
        except OSError as error:
            if attempt == _ATTEMPTS or isinstance(error, urllib.error.HTTPError):
                raise LocalError(f"{url} cannot be fetched: {error}", "check the way to Maven Central") from error
            time.sleep(attempt)
    raise AssertionError("unreachable")
