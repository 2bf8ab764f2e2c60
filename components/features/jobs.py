"""What is done to the feature store beside serving from it: definitions are applied, values are materialised."""

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pulumi import Input, Output

from ..base import Text
from ..k8s.volumes import config_files
from ..k8s.workload import Workload
from ..sources import texts
from .configuration import FILE
from .servers import CONFIGURATION, Common
from .settings import FeastArgs, FeastSettings, IdentityProvider

_REPOSITORY = "/repository"

# Copied, because Feast follows the links by which a ConfigMap is mounted, and then takes folders for modules.
_APPLY = f"""
mkdir /tmp/repository
cp -L {_REPOSITORY}/* {CONFIGURATION}/{FILE} /tmp/repository/
cd /tmp/repository
feast registry create-schema
{{prepare}}
feast apply --no-progress
"""

# Up to now and never further: with an end in the future the next run would skip what arrives until then (feast#4222).
# It starts where the last one that succeeded has ended, so a run that was missed or has failed is caught up on.
_MATERIALIZE = f'exec feast --chdir={CONFIGURATION} materialize-incremental "$(date -u +%Y-%m-%dT%H:%M:%S)"'


def repository(settings: FeastSettings) -> dict[str, str]:
    """The definitions, for a ConfigMap: the stack's own and the platform's permissions."""
    return {**texts(settings.repository), **texts(Path(__file__).parent / "repository")}


def permissions(args: FeastArgs) -> Output[str]:
    """For platform_permissions.py: whose tokens open what."""
    people = args.settings.identity_provider
    own = [args.namespace]
    readers = [*args.settings.readers, *args.readers]
    return Output.json_dumps(
        {
            "readers": {"groups": _groups(people, "readers"), "namespaces": readers},
            "writers": {"groups": _groups(people, "writers"), "namespaces": own},
        },
        sort_keys=True,
    )


def _groups(people: IdentityProvider | None, role: str) -> Sequence[str]:
    return list(getattr(people, role)) if people else []


def apply(common: Common, settings: FeastSettings, definitions: Input[str], allowed: Text) -> Workload:
    """Makes the registry what the repository says, tables included. Whatever changes here is applied anew."""
    script = _APPLY.format(prepare=shlex.join(settings.prepare))
    work = common.process("apply", [], settings.materialization.resources)
    return replace(
        work,
        command=["sh", "-euc", script],
        env={**work.env, "PLATFORM_PERMISSIONS": allowed},
        mounts=[*work.mounts, config_files("repository", _REPOSITORY, definitions)],
    )


def materialization(common: Common, settings: FeastSettings) -> Workload:
    return replace(
        common.process("materialization", [], settings.materialization.resources),
        command=["sh", "-euc", _MATERIALIZE],
    )
