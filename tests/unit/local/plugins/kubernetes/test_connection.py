"""Where the API server is found, how one logs in, and what is said when it does not answer."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from local.plugins.kubernetes import api
from local.plugins.kubernetes.api import Api, ApiError, Unreachable
from local.plugins.kubernetes.kubeconfig import KubeconfigError, load, target
from local.plugins.kubernetes.provider import KubernetesProvider
from local.plugins.protocol import provider_pb2
from tests.unit.local.plugins.calls import Calls, Refused, connect
from tests.unit.local.plugins.conftest import kubeconfig
from tests.unit.local.plugins.kubernetes.api_server import ApiServer, Refusal

URN = "urn:pulumi:dev::shop::kubernetes:core/v1:ConfigMap::settings"
INPUTS = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"a": "1"}}
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "_PATIENCE_SECONDS", 0.2)


def test_a_kubeconfig_is_a_path_or_its_content(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(kubeconfig("https://one.test"))
    for given in (str(file), kubeconfig("https://one.test")):
        assert target(*load(given)).server == "https://one.test"


def test_several_files_are_merged_and_the_first_one_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text(kubeconfig("https://one.test"))
    second.write_text(kubeconfig("https://two.test").replace("memory", "other"))
    monkeypatch.setenv("KUBECONFIG", f"{first}:{second}:{tmp_path / 'none'}")
    document, source = load(None)
    assert target(document, source).server == "https://one.test"
    assert target(document, source, context="other").server == "https://two.test"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("clusters: [\n", "is not YAML (line 2)"),
        ("hello: there\n", "is no kubeconfig: it has no clusters"),
        (kubeconfig("https://x.test").replace('"current-context": "memory"', '"current-context": "gone"'),
         "has no context 'gone': it has memory"),
        (kubeconfig("x.test"), "has no server URL"),
        (kubeconfig("https://x", certificate="%"),
         "certificate-authority-data in"),
    ],
)  # fmt: skip
def test_a_bad_kubeconfig_is_told_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "config"
    file.write_text(text)
    with pytest.raises(KubeconfigError) as refused:
        target(*load(str(file)))
    assert said in str(refused.value) and str(file) in str(refused.value) and "\n" not in str(refused.value)


def test_no_kubeconfig_at_all_says_where_one_is_looked_for(tmp_path: Path) -> None:
    with pytest.raises(KubeconfigError, match=r"there is no kubeconfig at .*none: set KUBECONFIG"):
        load(str(tmp_path / "none"))


def test_a_token_file_is_read_at_every_request(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("one\n")
    document = json.loads(kubeconfig("https://x.test"))
    document["users"][0]["user"] = {"tokenFile": str(token)}
    headers = target(document, "test").headers
    assert headers() == {"Authorization": "Bearer one"}
    token.write_text("two")
    assert headers() == {"Authorization": "Bearer two"}


def test_a_credential_plugin_is_run_once_until_its_token_expires(tmp_path: Path) -> None:
    script, count = tmp_path / "login", tmp_path / "count"
    status = json.dumps({"status": {"token": "made", "expirationTimestamp": "2999-01-01T00:00:00Z"}})
    script.write_text(f"#!/bin/sh\necho run >> {count}\necho '{status}'\n")
    script.chmod(script.stat().st_mode | stat.S_IEXEC)
    document = json.loads(kubeconfig("https://x.test"))
    document["users"][0]["user"] = {"exec": {"command": str(script), "apiVersion": "client.authentication.k8s.io/v1"}}
    headers = target(document, "test").headers
    assert headers() == headers() == {"Authorization": "Bearer made"}
    assert count.read_text() == "run\n"
    document["users"][0]["user"]["exec"]["command"] = "no-such-login"
    with pytest.raises(KubeconfigError, match="logs in with no-such-login, which is not installed"):
        target(document, "test").headers()


def test_a_silent_server_is_one_clear_line_with_the_way_out(impatient: None) -> None:
    with pytest.raises(Unreachable) as unreachable:
        Api(target(json.loads(kubeconfig(NOWHERE)), "the test")).get("/version")
    said = str(unreachable.value)
    assert NOWHERE in said and "context 'memory'" in said and "refused" in said and "KUBECONFIG" in said
    assert "secret-token" not in said and not unreachable.value.sent


def test_only_the_first_request_is_patient_with_a_silent_server(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(api.time, "sleep", waited.append)
    monkeypatch.setattr(api, "_PATIENCE_SECONDS", 1.0)
    silent = Api(target(json.loads(kubeconfig(NOWHERE)), "the test"))
    clock = iter(range(1000))
    monkeypatch.setattr(api.time, "monotonic", lambda: next(clock) * 0.3)
    for _ in range(2):
        with pytest.raises(Unreachable):
            silent.get("/version")
    assert 1 <= len(waited) <= 4


def test_a_passing_refusal_is_asked_again_and_a_lasting_one_is_not(server: ApiServer, url: str) -> None:
    answers = [Refusal(503, "ServiceUnavailable", "starting"), Refusal(429, "TooManyRequests", "busy"), None]
    server.refuse = lambda *_: answers.pop(0)
    connection = Api(target(json.loads(kubeconfig(url)), "the test"))
    assert connection.get("/api/v1/namespaces/default")["kind"] == "Namespace"
    server.refuse = lambda *_: Refusal(403, "Forbidden", "no")
    server.requests.clear()
    with pytest.raises(ApiError, match="no"):
        connection.get("/api/v1/namespaces/default")
    assert len(server.requests) == 1


def test_a_preview_without_a_server_warns_once_and_goes_on(impatient: None, monkeypatch: Any) -> None:
    said: list[str] = []
    with connect(KubernetesProvider("")) as calls:
        monkeypatch.setattr(calls.provider.log, "warning", lambda urn, message: said.append(message))
        calls.configure({"kubeconfig": kubeconfig(NOWHERE)})
        for _ in range(2):
            assert calls.create(URN, INPUTS, preview=True)[1]["data"] == {"a": "1"}
        with pytest.raises(Refused, match="ConfigMap 'settings': cannot reach the API server"):
            calls.create(URN, INPUTS)
    assert len(said) == 1 and "the preview is less exact" in said[0]


def test_what_is_on_an_unreachable_server_may_be_forgotten(impatient: None, calls: Calls) -> None:
    id, state = calls.create(URN, INPUTS)
    calls.configure({"kubeconfig": kubeconfig(NOWHERE)})
    with pytest.raises(Refused, match="cannot reach"):
        calls.delete(URN, id, state)
    calls.configure({"kubeconfig": kubeconfig(NOWHERE), "deleteUnreachable": "true"})
    calls.delete(URN, id, state)
    calls.configure({"kubeconfig": kubeconfig(NOWHERE), "skipUpdateUnreachable": "true"})
    assert calls.update(URN, id, state, {**INPUTS, "data": {"a": "2"}})["data"] == {"a": "1"}


def test_unknown_and_unsupported_settings_are_refused_by_name() -> None:
    with connect(KubernetesProvider("")) as calls:
        wrong = calls.check_config({"kubeconfg": "x", "enableServerSideApply": "false", "renderYamlToDirectory": "/x"})
        assert wrong.keys() == {"kubeconfg", "enableServerSideApply", "renderYamlToDirectory"}
        assert calls.check_config({"kubeconfig": "x", "namespace": "y", "enableServerSideApply": "true"}) == {}


def test_another_cluster_replaces_everything_and_new_credentials_do_not() -> None:
    one, two = kubeconfig("https://one.test"), kubeconfig("https://two.test")
    with connect(KubernetesProvider("")) as calls:
        assert calls.diff_config({"kubeconfig": one}, {"kubeconfig": two}).replaces == ["kubeconfig"]
        renewed = one.replace("secret-token", "new-token")
        found = calls.diff_config({"kubeconfig": one}, {"kubeconfig": renewed})
        assert found.changes == provider_pb2.DiffResponse.DIFF_SOME and not found.replaces
        named = {"clusterIdentifier": "shop"}
        assert not calls.diff_config({"kubeconfig": one, **named}, {"kubeconfig": two, **named}).replaces
        unchanged = calls.diff_config({"kubeconfig": one}, {"kubeconfig": one})
        assert unchanged.changes == provider_pb2.DiffResponse.DIFF_NONE
