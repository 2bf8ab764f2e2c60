"""The licence rule refuses what is not open source in that version, and says what to use instead."""

from datetime import date

import pytest

from policies.open_source.judgement import Exemption, Judge, Settings
from policies.open_source.references import parse
from policies.open_source.rule import _licences, catalogue
from tests.unit.policies.analysis import DEPLOYMENT, analyze, deployment, refusals

RULE = "open-source-images"
SHA = "sha256:" + "0" * 64
ANY_REGISTRY = {"registries": ["docker.io", "docker.elastic.co", "quay.io", "gcr.io", "nvcr.io"]}


def verdict(image: str, config: dict | None = None) -> str:
    """The rule's message on a Deployment of `image`, without the rule's own description; "" if it is allowed."""
    found = refusals(RULE, DEPLOYMENT, deployment(image), config)
    assert len(found) <= 1
    return found[0].partition("\n")[2] if found else ""


def test_the_message_names_image_place_licence_version_and_alternative():
    assert verdict("redis:7.4.1") == (
        "docker.io/library/redis:7.4.1 (spec.template.spec.containers[0].image) is under LicenseRef-RSALv2 OR SSPL-1.0 "
        "since 7.4, which is not open source. Use docker.io/valkey/valkey instead."
    )


@pytest.mark.parametrize(
    "image, licence, since, instead",
    [
        ("redis:7.4", "LicenseRef-RSALv2 OR SSPL-1.0", "7.4", "docker.io/valkey/valkey"),
        ("redis:7.4.2-alpine", "LicenseRef-RSALv2 OR SSPL-1.0", "7.4", "docker.io/valkey/valkey"),
        ("DOCKER.IO/redis:7.4.1", "LicenseRef-RSALv2 OR SSPL-1.0", "7.4", "docker.io/valkey/valkey"),
        ("index.docker.io/library/redis:7.4.1", "LicenseRef-RSALv2 OR SSPL-1.0", "7.4", "docker.io/valkey/valkey"),
        (f"redis:7.4.1@{SHA}", "LicenseRef-RSALv2 OR SSPL-1.0", "7.4", "docker.io/valkey/valkey"),
        ("elasticsearch:8.11.3", "Elastic-2.0", "7.11", "docker.io/opensearchproject/opensearch"),
        (
            "docker.elastic.co/elasticsearch/elasticsearch:8.11.0",
            "Elastic-2.0",
            "7.11",
            "docker.io/opensearchproject/opensearch",
        ),
        (
            "docker.elastic.co/kibana/kibana:9.0.0",
            "Elastic-2.0",
            "7.11",
            "docker.io/opensearchproject/opensearch-dashboards",
        ),
        ("confluentinc/cp-server:7.6.0", "LicenseRef-Confluent-Enterprise", "", "docker.io/apache/kafka"),
        ("confluentinc/cp-kafka:7.6.0", "LicenseRef-Confluent-Community-1.0", "", "docker.io/apache/kafka"),
        ("mongo:7.0.5", "SSPL-1.0", "4.0.4", "ghcr.io/ferretdb/ferretdb"),
        ("mongo:3.6.9", "SSPL-1.0", "3.6.9", "ghcr.io/ferretdb/ferretdb"),
        ("hashicorp/vault:1.15.0", "BUSL-1.1", "1.14.9", "quay.io/openbao/openbao"),
        ("hashicorp/vault:1.14.10", "BUSL-1.1", "1.14.9", "quay.io/openbao/openbao"),  # a fix for an older line
        ("hashicorp/vault:1.13.13", "BUSL-1.1", "1.13.13", "quay.io/openbao/openbao"),
        ("hashicorp/nomad:1.6.6", "BUSL-1.1", "1.6.6", ""),
        (
            "hashicorp/vault-secrets-operator:0.2.0",
            "BUSL-1.1",
            "0.2",
            "ghcr.io/external-secrets/external-secrets",
        ),
        ("dgraph/dgraph:v24.1.0", "LicenseRef-Dgraph-Community", "1.0.11", ""),
        ("cloudflare/cloudflared:2021.12.0", "LicenseRef-proprietary", "", ""),
        ("redpandadata/console:v2.0.0", "BUSL-1.1", "2", "ghcr.io/kafbat/kafka-ui"),
        ("getmeili/meilisearch:v1.22.0", "MIT AND BUSL-1.1", "1.19", "docker.io/typesense/typesense"),
        ("getmeili/meilisearch-enterprise:v1.29.0", "MIT AND BUSL-1.1", "", "docker.io/getmeili/meilisearch"),
        ("seldonio/seldonv2-agent:2.7.0", "BUSL-1.1", "2.7", "docker.io/kserve/kserve-controller"),
        (
            "cockroachdb/cockroach:v24.3.1",
            "LicenseRef-CockroachDB-Software-License",
            "24.3",
            "docker.io/library/postgres",
        ),
        ("scylladb/scylla:2025.1.0", "LicenseRef-ScyllaDB-Source-Available", "2025.1", "docker.io/library/cassandra"),
        ("emqx/emqx:5.9.0", "BUSL-1.1", "5.9", "docker.io/library/eclipse-mosquitto"),
        ("timescale/timescaledb:2.17.0-pg16", "Apache-2.0 AND LicenseRef-TSL", "", "docker.io/library/postgres"),
        ("neo4j:5.26-enterprise", "LicenseRef-proprietary", "", ""),
        ("kong/kong:3.10.0", "LicenseRef-Kong", "3.10", "docker.io/apache/apisix"),
        ("juicedata/mount:ee-5.0.1", "LicenseRef-proprietary", "", "docker.io/alluxio/alluxio"),
        ("nvcr.io/nvidia/k8s-device-plugin:v0.17.0", "LicenseRef-NVIDIA-AI-Product-Terms", "", ""),
    ],
)
def test_software_that_is_not_open_source_is_refused(image, licence, since, instead):
    message = verdict(image)
    assert licence in message and "not open source" in message
    assert f"since {since}" in message if since else "since" not in message
    assert f"Use {instead}" in message if instead else "Use " not in message


@pytest.mark.parametrize(
    "image",
    [
        "redis:7.2.5",
        "redis:6-alpine",
        "redis:8.0.1",
        "redis:8",
        f"redis:8.2@{SHA}",
        "valkey/valkey:9.1.1",
        "ghcr.io/mlflow/mlflow:v3.17.2-full",
        "postgres:15.20-bookworm",
        f"postgres@{SHA}",
        "chrislusf/seaweedfs:4.48",
        "opensearchproject/opensearch:3.6.0",
        "apache/kafka:4.3.1",
        "quay.io/strimzi/kafka:1.2.0-kafka-4.3.1",
        "hashicorp/vault:1.14.8",
        "cloudflare/cloudflared:2022.2.1",
        "redpandadata/console:v1.9.5",
        "hashicorp/nomad:1.6.5",
        "hashicorp/vault-secrets-operator:0.1.0",
        "getmeili/meilisearch:v1.18.0",
        "getmeili/meilisearch:v1.28.0",
        "dgraph/dgraph:v25.0.0",
        "scylladb/scylla:6.2.3",
        "timescale/timescaledb:2.17.0-pg16-oss",
        "neo4j:5.26",
        "juicedata/mount:ce-v1.2.0",
        "grafana/grafana:13.1.3",
        "grafana/grafana:7.5.17",
        "rayproject/ray:2.40.0-py311",
        "kong/kong:3.9.1",
        "eclipse-temurin:21-jre",
        "registry.k8s.io/kubectl:v1.37.2",
    ],
)
def test_open_source_is_allowed(image):
    assert verdict(image) == ""


@pytest.mark.parametrize(
    "image", ["redis", "redis:latest", "redis:7", "redis:alpine", f"redis@{SHA}", "hashicorp/vault:1"]
)
def test_a_tag_that_may_mean_an_open_and_a_closed_version_is_refused(image):
    message = verdict(image)
    assert "its tag does not tell which: name the version." in message and "before" in message


@pytest.mark.parametrize("image", [f"neo4j@{SHA}", f"timescale/timescaledb@{SHA}", f"juicedata/mount@{SHA}"])
def test_a_digest_alone_does_not_tell_the_edition(image):
    assert "its tag does not tell which" in verdict(image)


def test_a_tag_that_means_only_closed_versions_or_only_open_ones_is_judged_whatever_its_version():
    assert "is under SSPL-1.0" in verdict("percona/percona-server-mongodb:latest")
    assert verdict("grafana/grafana:latest") == ""


def test_a_tag_of_neither_edition_is_refused():
    what = "has no licence on record for that tag: name the full version, or add it to the catalogue."
    assert verdict("juicedata/mount:v5").endswith(f") {what}")


@pytest.mark.parametrize(
    "image", ["acme/closed:1", "nginx/evil:1", "ghcr.io/mlflow/mlflow-pro:1", "registry.evil.io/library/redis:7.2.0"]
)
def test_an_unknown_repository_is_refused(image):
    message = verdict(image)
    assert "is not in the licence catalogue" in message and "additions" in message


@pytest.mark.parametrize(
    "image, why",
    [
        ("langfuse/langfuse:3", "commercial licence"),
        ("pytorch/pytorch:2.8.0-cuda12.8", "CUDA"),
        ("rayproject/ray:2.40.0-py311-cu121", "CUDA"),
        ("ghcr.io/coder/coder:v2", "commercial licence"),
    ],
)
def test_what_is_only_partly_open_is_refused_with_the_reason(image, why):
    message = verdict(image)
    assert ("only partly open source" in message or "not open source" in message) and why in message


@pytest.mark.parametrize(
    "image, why",
    [
        ("quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z", "archived"),
        ("minio/mc:RELEASE.2025-08-13T08-35-41Z", "archived"),
        ("registry.k8s.io/ingress-nginx/controller:v1.14.5", "retired"),
        ("bitnamilegacy/postgresql:17", "frozen"),
        ("bitnami/postgresql:16.4.0", "taken from the registry"),
        ("centos:7", "end of life"),
        ("gcr.io/kaniko-project/executor:v1.24.0", "archived"),
        ("docker.elastic.co/elasticsearch/elasticsearch-oss:7.10.2", "7.10.2"),
    ],
)
def test_open_source_without_security_fixes_is_refused_with_the_reason(image, why):
    message = verdict(image)
    assert "is open source" in message and "must not be used" in message and why in message


@pytest.mark.parametrize("image", ["", "{{ .Values.image }}", "redis:${TAG}", "$(IMAGE)", "Redis", "a b", "0" * 64])
def test_a_text_that_is_no_reference_is_refused(image):
    assert "can't be judged: it" in verdict(image)


def test_the_same_image_is_judged_by_the_other_rules_as_well():
    found = {finding.policy for finding in analyze(DEPLOYMENT, deployment("evil.io/redis"))}
    assert found == {RULE, "pinned-images", "allowed-registries"}


def test_an_exception_lets_an_image_pass_until_its_day():
    exception = Exemption("docker.io/library/redis", "data team", date(2026, 6, 30))
    settings = Settings(exceptions=(exception,))
    reference = parse("redis:7.4.1")

    def on(day: date) -> str | None:
        return Judge(catalogue(), _licences(), settings, day).problem(reference)

    assert on(date(2026, 6, 30)) is None
    assert str(on(date(2026, 7, 1))).endswith("instead. The exception for it ended on 2026-06-30; ask data team.")
    assert Judge(catalogue(), _licences(), settings, date(2026, 6, 1)).problem(parse("mongo:7"))


@pytest.mark.parametrize("repository", ["redis", "docker.io/library/redis", "docker.io/library/*"])
def test_an_exception_in_the_configuration_counts(repository):
    exception = {"repository": repository, "reason": "until the move", "owner": "data team", "until": "2999-01-31"}
    assert verdict("redis:7.4.1", {"exceptions": [exception]}) == ""
    assert verdict("confluentinc/cp-server:7.6.0", {"exceptions": [exception]})


def test_own_images_are_added_in_the_configuration_with_their_licence():
    own = {"repository": "registry.example.org/team/*", "licence": "Apache-2.0", "source": "git.example.org/team"}
    closed = {**own, "repository": "registry.example.org/closed/*", "licence": "BUSL-1.1"}
    config = {"additions": [own, closed]}
    assert verdict("registry.example.org/team/train:1", config) == ""
    assert "is under BUSL-1.1" in verdict("registry.example.org/closed/app:1", config)
    assert "not in the licence catalogue" in verdict("registry.example.org/other/app:1", config)


def test_a_mirrored_image_keeps_its_tag_and_its_digest():
    config = {"mirrors": {"registry.example.org/hub/": "docker.io/"}}
    assert verdict("registry.example.org/hub/redis:7.2.4", config) == ""
    assert "its tag does not tell which" in verdict(f"registry.example.org/hub/neo4j@{SHA}", config)
    config = {"mirrors": {"registry.example.org/hubX": "docker.io/"}}
    assert "not in the licence catalogue" in verdict("registry.example.org/hub/redis:7.2.4", config)


def test_no_tag_is_judged_as_latest():
    for name in ("neo4j", "percona/percona-server-mongodb", "redis"):
        assert verdict(name).partition(") ")[2] == verdict(f"{name}:latest").partition(") ")[2]


def test_an_exception_of_the_configuration_that_ended_says_whom_to_ask():
    exception = {"repository": "redis", "reason": "until the move", "owner": "data team", "until": "2020-01-31"}
    message = verdict("redis:7.4.1", {"exceptions": [exception]})
    assert message.endswith(" The exception for it ended on 2020-01-31; ask data team.")


def test_a_mirrored_image_is_judged_as_what_it_mirrors():
    config = {"mirrors": {"registry.example.org/hub": "docker.io", "registry.example.org/github": "ghcr.io"}}
    assert verdict("registry.example.org/github/mlflow/mlflow:v3.17.2", config) == ""
    assert verdict("registry.example.org/hub/valkey/valkey:9.1.1", config) == ""
    refused = verdict("registry.example.org/hub/redis:7.4.1", config)
    assert refused.startswith("registry.example.org/hub/redis:7.4.1 ") and "LicenseRef-RSALv2" in refused
    assert "not in the licence catalogue" in verdict("registry.example.org/hubble/redis:7.2.0", config)


def test_a_house_can_refuse_an_open_licence():
    config = {"refusedLicences": ["AGPL-3.0-only"]}
    assert "`refusedLicences` rules out" in verdict("grafana/grafana:13.1.3", config)
    assert verdict("redis:8.0.1", config)
    assert verdict("valkey/valkey:9.1.1", config) == ""


@pytest.mark.parametrize(
    "config, problem",
    [
        (
            {"exceptions": [{"repository": "redis", "reason": "some reason", "owner": "a", "until": "2026-13-45"}]},
            "'2026-13-45' is no day",
        ),
        ({"additions": [{"repository": "a/b", "licence": "MIT AND", "source": "x"}]}, "not an SPDX licence expression"),
        ({"additions": [{"repository": "a/b", "licence": "Aapche-2.0", "source": "x"}]}, "Aapche-2.0"),
        ({"additions": [{"repository": "a/b", "licence": "Mti OR Bds", "source": "x"}]}, "a/b: Mti, Bds is no SPDX"),
    ],
)
def test_a_configuration_that_means_nothing_refuses_everything_and_says_why(config, problem):
    message = verdict("valkey/valkey:9.1.1", config)
    assert "The configuration of this rule is wrong" in message and problem in message
