"""What has to happen in a pod before snapshots of its volumes are taken."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

_HOOK = "pre.hook.backup.velero.io"


@dataclass(frozen=True)
class BackupHook:
    """A command that Velero runs in the pod's container before each back-up; others find it in the annotations."""

    command: Sequence[str]
    """It gets no shell. When it fails, so does the back-up of this pod."""
    timeout: int = 60
    """Seconds after which it counts as failed."""

    def annotations(self, container: str) -> dict[str, str]:
        return {
            f"{_HOOK}/container": container,
            f"{_HOOK}/command": json.dumps(list(self.command)),
            f"{_HOOK}/timeout": f"{self.timeout}s",
            f"{_HOOK}/on-error": "Fail",
        }
