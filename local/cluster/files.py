"""Files written so that a reader, or a kill in the middle, never meets half of one."""

import os
from pathlib import Path


def write(path: Path, text: str | bytes, mode: int = 0o600) -> bool:
    """Put `text` at `path` if it is not there yet, in one step. Says whether anything changed."""
    content = text.encode() if isinstance(text, str) else text
    if path.exists() and path.read_bytes() == content and path.stat().st_mode & 0o777 == mode:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    return True
