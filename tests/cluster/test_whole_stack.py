"""What holds for the whole platform once it is up: it stays as it is, it is closed, and its secrets are secret."""

import json
import re

from tests.cluster.platform import Platform


def test_a_second_up_changes_nothing_and_refresh_finds_no_drift(platform: Platform):
    platform.stack.run("up", "--yes", "--skip-preview", "--expect-no-changes")
    platform.stack.run("refresh", "--yes", "--skip-preview", "--expect-no-changes")


def test_every_namespace_enforces_restricted_pods_and_denies_traffic_by_default(platform: Platform):
    for layer in ("storage", "databases", "tracking", "projects"):
        namespace = json.loads(platform.kubectl("get", "namespace", platform.namespace(layer), "-o", "json"))
        assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
        policies = json.loads(platform.kubectl("get", "networkpolicies", "-n", platform.namespace(layer), "-o", "json"))
        assert [one for one in policies["items"] if one["spec"]["podSelector"] == {} and "ingress" not in one["spec"]]


def test_an_unrestricted_pod_is_refused_by_the_platforms_namespaces(platform: Platform):
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "root"},
        "spec": {"containers": [{"name": "root", "image": "x:1", "securityContext": {"privileged": True}}]},
    }
    try:
        platform.kubectl("apply", "-n", platform.namespace("tracking"), "-f", "-", feed=json.dumps(pod))
    except AssertionError as refused:
        assert "violates PodSecurity" in str(refused)
    else:
        raise AssertionError("a privileged pod was admitted")


def test_no_generated_secret_is_in_the_state_or_the_logs(platform: Platform):
    backend = platform.stack.home / "backend"
    written = "\n".join(file.read_text(errors="replace") for file in backend.rglob("*") if file.is_file())
    secrets = json.loads(
        platform.kubectl("get", "secrets", "-A", "-l", "app.kubernetes.io/managed-by=pulumi", "-o", "json")
    )
    mine = [one for one in secrets["items"] if one["metadata"]["namespace"].startswith(f"{platform.name}-")]
    values = {value for one in mine for value in one["data"].values()}
    passwords = {
        endpoint["password"] for endpoint in platform.stack.outputs()["endpoints"].values() if "password" in endpoint
    }
    assert len(values) >= 8 and len(passwords) == 2
    logs = "\n".join(
        platform.kubectl("logs", "-n", platform.namespace(layer), "-l", "app.kubernetes.io/part-of", "--tail=-1")
        for layer in ("storage", "databases", "tracking", "projects")
    )
    for value in (values | passwords) - {""}:
        assert value not in written and value not in logs
    assert re.search(r'"ciphertext"', written), "the state holds the secrets, encrypted"


def test_the_database_password_changes_by_one_number_and_the_platform_goes_on(platform: Platform):
    from tests.cluster.platform import stack_file

    environment = stack_file(platform.name)
    before = _database_password(platform)
    platform.configure({**environment, "database": {**environment["database"], "passwordRotation": 2}})
    platform.stack.up()
    assert _database_password(platform) != before
    platform.stack.run("up", "--yes", "--skip-preview", "--expect-no-changes")


def _database_password(platform: Platform) -> str:
    found = json.loads(platform.kubectl("get", "secrets", "-n", platform.namespace("tracking"), "-o", "json"))
    (password,) = {one["data"]["PGPASSWORD"] for one in found["items"] if "PGPASSWORD" in one["data"]}
    return str(password)
