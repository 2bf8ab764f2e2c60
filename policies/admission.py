"""The rules on images as a manifest for a cluster, from the same configuration as the pack's."""

from collections.abc import Iterable
from typing import Any

import yaml
from pulumi_policy import EnforcementLevel

from .open_source.admission.objects import objects
from .open_source.allowed_registries import allowed_registries
from .open_source.open_source_images import open_source_images
from .open_source.pinned_images import pinned_images
from .outside.configuration import Rule

_ON_IMAGES = {rule.name for rule in (open_source_images, pinned_images, allowed_registries)}


def manifest(configuration: Iterable[Rule]) -> str:
    """YAML of all objects, for the mandatory rules: a policy denies or not, it has no level for each of its rules."""
    mandatory = [rule for rule in configuration if rule.level == EnforcementLevel.MANDATORY]
    made = objects({rule.policy.name: rule.settings for rule in mandatory if rule.policy.name in _ON_IMAGES})
    return yaml.dump_all(made, Dumper=_Dumper, width=10**6, sort_keys=False)


class _Dumper(yaml.SafeDumper):
    """Writes expressions and lists of images line by line, so that a change of one is a change of that line."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
