"""The catalogue is whole: its data has the right form, every licence is known, and what it recommends is open."""

from datetime import date
from itertools import pairwise
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, model_validator

from policies.open_source import catalogue
from policies.open_source.catalogue import DATA, Catalogue, full
from policies.open_source.judgement import Settings
from policies.open_source.licensing import Licences
from policies.open_source.references import parse
from policies.open_source.rule import judge
from policies.open_source.versions import number

CATALOGUE = Catalogue.load()
LICENCES = Licences(CATALOGUE.licences)


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Licence(Strict):
    name: str = Field(min_length=3)
    open: bool


class Terms(Strict):
    licence: str = Field(min_length=2)
    since: str | None = Field(default=None, alias="from", pattern=r"^\d+(\.\d+)*$")
    before: str | None = Field(default=None, pattern=r"^\d+(\.\d+)*$")
    tags: list[str] = Field(default=[], min_length=1)
    partly: str | None = None
    forbidden: str | None = None


class Image(Strict):
    repositories: list[str] = Field(min_length=1)
    project: str = Field(min_length=2)
    licence: str | None = None
    versions: list[Terms] | None = Field(default=None, min_length=2)
    source: str | None = Field(default=None, pattern=r"^[a-z0-9.-]+\.[a-z]+(/|$)")
    evidence: Literal["upstream", "manifest", "general"]
    checked: str | None = Field(default=None, pattern=r"^20\d\d-\d\d(-\d\d)?$")
    partly: str | None = None
    forbidden: str | None = None
    instead: list[str] = []
    note: str | None = None
    unverified: str | None = None

    @model_validator(mode="after")
    def _is_one_or_the_other(self) -> "Image":
        assert (self.licence is None) != (self.versions is None), "a licence, or one for each version"
        assert (self.checked is None) == (self.evidence == "general"), "what was looked at has a date"
        return self


class Data(Strict):
    licences: dict[str, Licence]
    images: dict[str, list[Image]]


def test_the_data_has_the_form_that_the_pack_reads():
    Data.model_validate_json(DATA.read_text())


def test_the_catalogue_is_a_catalogue():
    names = [name for entry in CATALOGUE.entries for name in entry.repositories]
    assert len(names) == len(set(names)) >= 500


def test_enough_projects_have_had_their_licence_looked_at_and_none_in_the_future():
    entries = [one for group in Data.model_validate_json(DATA.read_text()).images.values() for one in group]
    days = [one.checked for one in entries if one.checked]
    assert len(days) >= 150 and max(days) <= date.today().isoformat()
    assert sum(bool(one.checked) and one.evidence == "upstream" for one in entries) >= 150


def test_every_licence_is_one_that_spdx_or_the_catalogue_declares_and_every_declared_one_is_in_use():
    used = [terms.licence for entry in CATALOGUE.entries for terms in entry.terms]
    assert {licence: unknown for licence in used if (unknown := LICENCES.unknown(licence))} == {}
    assert [name for name in CATALOGUE.licences if name not in " ".join(used)] == []


def test_repositories_are_written_in_full_and_can_be_image_names():
    for name in (name for entry in CATALOGUE.entries for name in entry.repositories):
        example = name.replace("*", "x")
        assert full(name) == name and parse(example).repository == example


def test_versions_follow_each_other_without_gap_or_overlap():
    for entry in CATALOGUE.entries:
        ranges = [terms for terms in entry.terms if not terms.tags]
        assert not ranges or (ranges[0].since is None and ranges[-1].before is None), entry.project
        for older, newer in pairwise(ranges):
            assert older.before == newer.since, entry.project
            assert number(newer.since) < number(newer.before or "99999"), entry.project


def test_what_is_recommended_instead_is_open_in_some_version():
    def is_open(name: str) -> bool:
        found = CATALOGUE.find(name)
        return found is not None and any(_acceptable(terms) for terms in found.terms)

    assert [name for entry in CATALOGUE.entries for name in entry.instead if not is_open(name)] == []


def test_open_images_say_where_their_source_is():
    wholly_open = [entry for entry in CATALOGUE.entries if all(_acceptable(terms) for terms in entry.terms)]
    assert [entry.project for entry in wholly_open if not entry.source] == []


def _acceptable(terms: catalogue.Terms) -> bool:
    return terms.is_acceptable and LICENCES.is_open(terms.licence)


@pytest.mark.parametrize(
    "repository, project",
    [
        ("docker.io/mlrun/mlrun", "MLRun"),
        ("docker.io/mlrun/mlrun-gpu", "MLRun with CUDA"),
        ("docker.io/kserve/kserve-controller", "KServe"),
        ("docker.io/kserve/huggingfaceserver", "KServe Hugging Face server"),
        ("registry.k8s.io/kubectl", "Kubernetes project images"),
        ("registry.k8s.io/ingress-nginx/controller", "ingress-nginx"),
        ("registry.k8s.io/sig-storage/csi-provisioner", "CSI sidecars"),
        ("795586375822.dkr.ecr.us-west-2.amazonaws.com/datahub-gms", "DataHub Cloud"),
        ("docker.io/pulumi/pulumi", "Pulumi CLI"),
        ("docker.io/pulumi/service", "Pulumi Cloud, self-hosted"),
        ("quay.io/prometheus/sub/path", "Prometheus"),
        ("docker.elastic.co/beats/filebeat-oss", "Beats OSS"),
        ("docker.elastic.co/beats/filebeat", "Beats, Elastic Agent"),
    ],
)
def test_the_longer_pattern_wins(repository, project):
    assert CATALOGUE.find(repository).project == project


@pytest.mark.parametrize(
    "repository",
    [
        "docker.io/mlrunx/mlrun",
        "quay.io/prometheus",
        "quay.io/prometheusx/a",
        "docker.io/alluxio/alluxio/evil",
        "evil.io/library/redis",
        "xregistry.k8s.io/a",
        "123.dkr.ecr.us-east-1.amazonaws.com/eks/x",
        "795586375822.dkr.ecr.evil.io/x.amazonaws.com/datahub-gms",
        "docker.io/seldonio/seldon-core/extra",
    ],
)
def test_a_name_that_only_looks_like_a_known_one_is_unknown(repository):
    assert CATALOGUE.find(repository) is None


@pytest.mark.parametrize(
    "written, spelled",
    [
        ("redis", "docker.io/library/redis"),
        ("team/tool.x/y", "docker.io/team/tool.x/y"),
        ("registry:5000/a", "registry:5000/a"),
        ("localhost/a", "localhost/a"),
        ("ghcr.io/a/b", "ghcr.io/a/b"),
    ],
)
def test_a_repository_is_spelled_out_as_docker_does(written: str, spelled: str):
    assert full(written) == spelled


GAP = {"project": "a", "repositories": ["docker.io/team/a"]}
GAP["versions"] = [{"licence": "MIT", "before": "1"}, {"licence": "ISC", "from": "2"}]  # type: ignore[assignment]


def test_a_version_between_the_terms_and_a_tag_that_may_be_one_have_none():
    made = catalogue.entry({**GAP, "forbidden": "old"})
    assert made.terms_of(parse("team/a:1.5")) == () and made.terms_of(parse("team/a")) == ()
    (terms,) = made.terms_of(parse("team/a:0.5"))
    assert terms.licence == "MIT" and terms.forbidden == "old"


def test_no_tag_has_the_terms_of_the_tag_latest():
    made = catalogue.entry({**GAP, "versions": [{"licence": "BUSL-1.1", "tags": ["latest"]}, {"licence": "MIT"}]})
    assert [terms.licence for terms in made.terms_of(parse("team/a"))] == ["BUSL-1.1"]
    assert [terms.licence for terms in made.terms_of(parse("team/a:1.5"))] == ["MIT"]


def test_licences_that_spdx_lacks_have_names():
    assert CATALOGUE.names["LicenseRef-RSALv2"]
    assert Catalogue((), {}).names == {}


def test_a_stack_adds_to_the_catalogue_and_cannot_rewrite_it():
    added = [
        {"repository": "team/train", "licence": "Apache-2.0", "source": "git.example.org/train"},
        {"repository": "docker.io/library/redis", "licence": "MIT", "source": "git.example.org/redis"},
    ]
    house = judge({"additions": added})
    assert house.problem(parse("team/train:1")) is None
    assert "SSPL-1.0" in str(house.problem(parse("redis:7.4.1")))
    assert judge({}).problem(parse("team/train:1"))


def test_no_settings_are_the_defaults():
    settings = Settings.read({})
    assert settings.exceptions == () and settings.refused == frozenset() and settings.mirrors == {}
