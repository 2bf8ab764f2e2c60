"""What is stored is encrypted, where a cloud leaves the choice."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from pulumi_policy import Severity

from ..findings import Finding, Problem
from ..rule import rule
from .values import at, by_type, must_be, must_be_set

_encrypted = partial(must_be, path="storageEncrypted", wanted=True, why="keeps its data in the clear")


def _launch_template(props: dict[str, Any]) -> Iterator[Finding]:
    devices = at(props, "blockDeviceMappings")
    for index, device in enumerate(devices if isinstance(devices, list) else ()):
        # The cloud's own type here is a text.
        if isinstance(device, dict) and device.get("ebs") and at(device, "ebs.encrypted") not in (True, "true"):
            text = "keeps its disk in the clear; set `ebs.encrypted: true`."
            yield Problem(f"blockDeviceMappings[{index}]", text)


ENCRYPTED = rule(
    "encrypted-storage",
    "What is stored is encrypted.",
    by_type(
        {
            "aws:rds/instance:Instance": _encrypted,
            "aws:rds/cluster:Cluster": _encrypted,
            "aws:efs/fileSystem:FileSystem": partial(
                must_be, path="encrypted", wanted=True, why="keeps its files in the clear"
            ),
            "aws:ec2/launchTemplate:LaunchTemplate": _launch_template,
            "aws:eks/cluster:Cluster": partial(
                must_be_set, path="encryptionConfig.provider.keyArn", why="keeps Secrets without a key of one's own"
            ),
            "gcp:container/cluster:Cluster": partial(
                must_be,
                path="databaseEncryption.state",
                wanted="ENCRYPTED",
                why="keeps Secrets without a key of one's own",
            ),
        }
    ),
    Severity.HIGH,
)
