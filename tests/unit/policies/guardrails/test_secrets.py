"""Secrets in the clear are found by their names and forms; what only sounds like one is left alone."""

import pytest

from tests.unit.policies.analysis import UNKNOWN
from tests.unit.policies.guardrails.judged import CONFIG_MAP, SECRET, container, findings, pod, refused

RULE = ["no-secrets-in-the-clear"]
AWS_KEY = "AKIA" + "ABCDEFGHIJKLMNOP"


def with_variable(name: str, value: str) -> dict:
    return pod(container(env=[{"name": name, "value": value}]))


@pytest.mark.parametrize(
    "name",
    ["PASSWORD", "DB_PASSWORD", "API_KEY", "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "dbPassword", "client.secret"],
)
def test_a_variable_named_as_a_secret_is_refused(name: str):
    assert refused(with_variable(name, "correct horse")) == RULE


@pytest.mark.parametrize(
    "name, value",
    [
        ("PASSWORD_FILE", "/etc/password"),
        ("PASSWORD", ""),
        ("PASSWORD", "$(FROM_ELSEWHERE)"),
        ("PASSWORD", "${DATABASE_PASSWORD}"),
        ("TOKEN", "/var/run/secrets/token"),
        ("USE_TOKEN", "true"),
        ("TOKEN_TTL", "an hour"),
        ("MAX_TOKENS", "4096 at most"),
        ("AWS_ACCESS_KEY_ID", "pipelines"),
        ("SECRETARY", "of state"),
        ("DATABASE_URL", "postgresql://mlflow@postgres:5432/mlflow"),
        ("DATABASE_URL", "postgresql://mlflow:$(PASSWORD)@postgres:5432/mlflow"),
        ("COMPASS", "north"),
        ("SSL_TRUSTSTORE_PASSWORD", "changeit"),
    ],
)
def test_what_only_sounds_like_a_secret_passes(name: str, value: str):
    assert findings(with_variable(name, value)) == []


@pytest.mark.parametrize(
    "what, value",
    [
        ("a key of AWS", AWS_KEY),
        ("a private key", "-----BEGIN RSA PRIVATE KEY-----\nMII"),
        ("an address with a password", "postgresql://mlflow:hunter2@postgres/mlflow"),
        ("a token of GitHub", "ghp_" + "a" * 36),
        ("a JSON web token", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTYifQ.c2lnbmF0dXJlLg"),
    ],
)
def test_well_known_forms_are_found_under_any_name(what: str, value: str):
    for props, token in ((with_variable("THING", value), None), ({"data": {"notes": f"see {value}"}}, CONFIG_MAP)):
        (found,) = findings(props, token) if token else findings(props)
        assert what in found.message and found.mandatory


def test_command_lines_are_read_too():
    assert refused(pod(container(args=["--password=correct horse"]))) == RULE
    assert refused(pod(container(args=["--password=correct=horse"]))) == RULE
    assert refused(pod(container(args=["-v", "password=correct horse", "--"]))) == RULE
    assert refused(pod(container(args=["--password", "--verbose", "horse"]))) == []
    assert refused(pod(container(command=["sh", "-c", f"login {AWS_KEY}"]))) == RULE


def test_a_config_map_is_no_place_for_a_password():
    assert refused({"data": {"admin-password": "correct horse"}}, CONFIG_MAP) == RULE


def test_a_secret_is_the_place():
    assert findings({"stringData": {"PASSWORD": "correct horse", "key": AWS_KEY}}, SECRET) == []


def test_the_usual_password_of_a_key_store_is_one_all_the_same():
    assert refused(with_variable("SSL_KEYSTORE_PASSWORD", "changeit")) == RULE


def test_the_message_never_tells_the_secret():
    for found in findings(with_variable("PASSWORD", "correct horse")) + findings(with_variable("A", AWS_KEY)):
        assert "correct horse" not in found.message and AWS_KEY not in found.message


def test_a_secret_by_its_name_that_is_not_known_yet_is_announced():
    for held in ({"env": [{"name": "PASSWORD", "value": UNKNOWN}]}, {"args": ["--password", UNKNOWN]}):
        (found,) = findings(pod(container(**held)))
        assert not found.mandatory and "not known yet: spec.containers[0]." in found.message
    assert findings(pod(container(env=[{"name": "SETTING", "value": UNKNOWN}], args=[UNKNOWN]))) == []


def test_what_is_not_known_yet_hides_nothing_behind_it():
    env = [{"name": "PASSWORD", "value": UNKNOWN}, {"name": "API_KEY", "value": "correct horse"}]
    found = findings(pod(container(env=env)))
    assert [one.mandatory for one in found] == [True, False]


def test_the_name_and_the_key_of_a_secret_are_no_secret():
    key = {"name": "WORKER_AUTH_SECRET_KEY", "value": "password"}
    assert findings(pod(container(env=[key, {"name": "WORKER_AUTH_SECRET_NAME", "value": "login"}]))) == []
    assert refused(pod(container(env=[key]))) == RULE


def test_a_reference_to_a_secret_passes():
    reference = {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "login", "key": "password"}}}
    assert findings(pod(container(env=[reference], volumeMounts=[{"name": "token", "mountPath": "/token"}]))) == []


@pytest.mark.parametrize(
    "value", ["q8ZtR2vLx0Kd9PmYw4Hs7NbF", "abDEFgh12ijKLmn34opQRStuv", "Xa9+kQ2/zR7vB1nM4cT8yL0pW3dF6gHj=="]
)
def test_what_is_random_is_refused_under_any_name_and_not_told(value: str):
    for props, token in ((with_variable("SETTING", value), None), ({"data": {"notes": value}}, CONFIG_MAP)):
        (found,) = findings(props, token) if token else findings(props)
        assert found.mandatory and "so random" in found.message and value not in found.message


@pytest.mark.parametrize(
    "value",
    [
        "5f2b8c0e9d4a7163f2b8c0e9d4a71635f2b8c0e9d4a7163f2b8c0e9d4a716350",
        "123e4567-e89b-12d3-a456-426614174000",
        "AlluxioWorkerTieredStore2Level0Alias",
        "ParallelGCThreads2ConcGCThreads1",
        "org/apache/kafka/clients/Producer2Config",
        "aaaaaaaaaaaaaaAAAAAAAA111111111111",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        "q8ZtR2vLx0Kd9PmYw4",
        "aA1aA1aA1aA1aA1aA1aA1aA1",
        "abDEFghijklKLmn34opQRStuv",
    ],
)
def test_digests_identifiers_and_names_of_classes_are_not_random_enough(value: str):
    assert findings(with_variable("SETTING", value)) == []
