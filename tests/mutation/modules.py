"""The modules whose code is changed, and the tests that are theirs."""

from collections.abc import Mapping

_EACH = "test_each_rule.py"
_IMAGES = ("test_hiding_places.py", "test_unknown_values.py", "test_corpus.py", "test_robustness.py")
_LICENCES = ("test_licence_expressions.py", "test_licence_catalogue.py", "test_open_source_images.py")
_CLOUD = ("guardrails/test_cloud.py", _EACH)

MODULES: Mapping[str, tuple[str, ...]] = {
    "open_source.references": ("test_image_references.py",),
    "open_source.versions": ("test_tag_versions.py",),
    "open_source.licensing": ("test_licence_expressions.py",),
    "open_source.judgement": ("test_open_source_images.py",),
    "open_source.exemptions": ("test_other_rules.py", "guardrails/test_hardening.py"),
    "open_source.catalogue": (*_LICENCES, _EACH),
    "open_source.images": (*_IMAGES, _EACH),
    "open_source.containers": (*_IMAGES, _EACH),
    "open_source.forms": (*_IMAGES, _EACH),
    "open_source.texts": (*_IMAGES, _EACH),
    "open_source.names": (*_IMAGES, _EACH),
    "open_source.kinds": (*_IMAGES, _EACH),
    "open_source.reading": ("test_serving.py", *_IMAGES, _EACH),
    "open_source.subjects": (*_IMAGES, "test_open_source_images.py", _EACH),
    "open_source.places": ("test_remedies.py", _EACH),
    "open_source.pinned_images": ("test_other_rules.py", "test_remedies.py", _EACH),
    "open_source.allowed_registries": ("test_other_rules.py", _EACH),
    "open_source.no_opaque_releases": ("test_other_rules.py", _EACH),
    "guardrails.hardening": ("guardrails/test_hardening.py", _EACH),
    "guardrails.pods": ("guardrails/test_hardening.py", _EACH),
    "guardrails.secrets": ("guardrails/test_secrets.py", _EACH),
    "guardrails.ownership": ("guardrails/test_ownership.py", _EACH),
    "guardrails.redundancy": ("guardrails/test_redundancy.py", _EACH),
    "guardrails.cloud.documents": _CLOUD,
    "guardrails.cloud.encryption": _CLOUD,
    "guardrails.capacity.affinity": ("guardrails/test_node_affinity.py", _EACH),
    "guardrails.cloud.gpus": ("guardrails/test_gpu_templates.py", *_CLOUD),
    "guardrails.cloud.identity": ("guardrails/test_named_rights.py", *_CLOUD),
    "guardrails.cloud.templates": ("guardrails/test_gpu_templates.py", _EACH),
    "guardrails.cloud.protection": _CLOUD,
    "guardrails.cloud.public": _CLOUD,
    "guardrails.cloud.values": _CLOUD,
    "guardrails.cost.budget": ("guardrails/test_budget.py", _EACH),
    "guardrails.cost.estimate": ("guardrails/test_budget.py", _EACH),
    "guardrails.cost.prices": ("guardrails/test_budget.py",),
}
"""Without what only makes rules out of functions, which runs once, when a module is loaded."""
