"""What is stored is encrypted, where a cloud leaves the choice."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from pulumi_policy import Severity

from ...open_source.reading import UNKNOWN
from ..findings import Finding, Problem, Unknown
from ..rule import rule
from .values import at, by_type, listed, must_be, must_be_set

_encrypted = partial(must_be, path="storageEncrypted", wanted=True, why="keeps its data in the clear")


def _launch_template(props: dict[str, Any]) -> Iterator[Finding]:
    for index, device in enumerate(listed(at(props, "blockDeviceMappings"))):
        place, encrypted = f"blockDeviceMappings[{index}]", at(device, "ebs.encrypted")
        if encrypted is UNKNOWN:
            yield Unknown(place)
        elif at(device, "ebs") and encrypted not in (True, "true"):  # the cloud's own type here is a text
            yield Problem(place, "keeps its disk in the clear; set `ebs.encrypted: true`.")


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
            "aws:ebs/volume:Volume": partial(must_be, path="encrypted", wanted=True, why="keeps its data in the clear"),
            "aws:ec2/launchTemplate:LaunchTemplate": _launch_template,
            "aws:eks/cluster:Cluster": partial(
                must_be_set, path="encryptionConfig.provider.keyArn", why="keeps Secrets without a key of one's own"
            ),
            "gcp:sql/databaseInstance:DatabaseInstance": partial(
                must_be_set, path="encryptionKeyName", why="keeps its data without a key of one's own"
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
