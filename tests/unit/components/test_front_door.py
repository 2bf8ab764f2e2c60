"""The front door: what nginx is told of each page, who may come in, by which certificate, and what may talk to what."""

from collections.abc import Sequence
from typing import Any

import pytest
from pulumi import Output, export
from pydantic import ValidationError

from components.access import Access, Page
from components.edge.dns import DnsZone
from components.edge.front_door.configuration import FOLDER
from components.edge.front_door.front_door import FrontDoor, FrontDoorArgs
from components.edge.front_door.settings import FrontDoorSettings
from components.k8s.network import Peer
from components.tracking.mlflow import Mlflow, MlflowArgs
from tests.recording import SECRET_MARK, Engine
from tests.unit.components.wires import bucket, sql_client

LOGIN = {"issuer": "https://sso.example.org/ml", "clientId": "platform", "secret": "client", "groups": ["research"]}
SAID: dict[str, Any] = {"domain": "ml.example.org", "login": LOGIN, "certificates": {"issuer": "letsencrypt"}}
PAGES = {
    "mlflow": Page(host="mlflow.tracking", port=5000, peer=Peer("tracking", {"app": "mlflow"}, (5000,)), upload=1024),
    "argo": Page(host="argo.argo", port=2746, peer=Peer("argo", {"app": "argo"}, (2746,)), tls=True, streams=True),
}


class Zone(DnsZone):
    """Notes what is led where."""

    identity = None  # type: ignore[assignment]

    def __init__(self) -> None:
        self.solver = {"cloudDNS": {"project": "acme-ml", "hostedZoneName": "ml"}}
        self.led: list[tuple[list[str], str]] = []

    def lead(self, hosts: Sequence[str], address: Output[str]) -> Output[str]:
        def note(known: str) -> str:
            self.led.append((list(hosts), known))
            return f"{known}, to which all names lead"

        return address.apply(note)


def settings(**changed: Any) -> FrontDoorSettings:
    return FrontDoorSettings.model_validate({**SAID, **changed})


def built(client_secret: str | None = None, zone: DnsZone | None = None, **changed: Any) -> Engine:
    engine = Engine()
    args = FrontDoorArgs(
        settings=settings(**changed), namespace="front-door", pages=PAGES, client_secret=client_secret, zone=zone
    )
    engine.build(lambda: export("address", FrontDoor("door", args).address))
    return engine


def servers(engine: Engine) -> list[str]:
    """One for plain HTTP, the login's, then one for each page."""
    return engine.only("ConfigMap", "door-nginx").inputs["data"]["pages.conf"].split("\nserver {")


def containers(engine: Engine) -> dict[str, dict[str, Any]]:
    found = engine.only("Deployment").inputs["spec"]["template"]["spec"]["containers"]
    return {one["name"]: one for one in found}


def login_arguments(engine: Engine) -> list[str]:
    return containers(engine)["login"]["args"]


def test_each_page_is_a_server_of_its_own_behind_the_guard():
    _, _, mlflow, argo = servers(built())
    assert "server_name mlflow.ml.example.org;" in mlflow and "http://mlflow.tracking.$cluster:5000;" in mlflow
    assert "https://argo.argo.$cluster:2746;" in argo
    for page in (mlflow, argo):
        assert f"include {FOLDER}/guard.conf;" in page and "listen 8443 ssl" in page and "8080" not in page


def test_how_much_may_be_sent_and_what_stays_open_is_the_pages_own():
    _, _, mlflow, argo = servers(built())
    assert "client_max_body_size 1024m;" in mlflow and "proxy_read_timeout" not in mlflow
    assert "client_max_body_size 16m;" in argo and "proxy_read_timeout 1h;" in argo


def test_plain_http_shows_nothing_but_the_way_to_tls():
    plain, *others = servers(built())
    assert "return 308 https://" in plain and "proxy_pass" not in plain
    for name in ("login", "mlflow", "argo"):
        assert f"{name}.ml.example.org" in plain
    assert all("listen 8080" not in server for server in others)


def test_every_file_that_the_configuration_includes_is_there():
    files = built().only("ConfigMap", "door-nginx").inputs["data"]
    text = "".join(files.values())
    included = {line.split(f"{FOLDER}/")[1].rstrip(";") for line in text.splitlines() if f"include {FOLDER}/" in line}
    assert included == {"pages.conf", "guard.conf", "headers.conf"} <= files.keys()
    assert {"door.conf", "start.sh"} <= files.keys()


def test_only_the_groups_and_the_addresses_that_are_named_come_in():
    groups = login_arguments(built())
    assert {"--allowed-group=research", "--email-domain=*"} <= set(groups)
    both = login_arguments(built(login={**LOGIN, "emailDomains": ["example.org"]}))
    assert {"--allowed-group=research", "--email-domain=example.org"} <= set(both) and "--email-domain=*" not in both


def test_the_session_is_for_the_domain_and_ends_within_a_working_day():
    arguments = set(login_arguments(built()))
    assert {"--cookie-domain=.ml.example.org", "--whitelist-domain=.ml.example.org", "--cookie-expire=8h"} <= arguments
    assert {"--cookie-secure=true", "--cookie-httponly=true", "--code-challenge-method=S256"} <= arguments


def test_the_login_listens_on_the_pods_loopback_alone_and_believes_nobody_else():
    engine = built()
    assert {"--http-address=127.0.0.1:4180", "--trusted-proxy-ip=127.0.0.1"} <= set(login_arguments(engine))
    assert not containers(engine)["login"]["ports"]
    ports = {one["containerPort"] for one in containers(engine)["nginx"]["ports"]}
    assert ports == {8080, 8443, 8081}


def test_only_the_login_is_given_the_clients_secret_and_the_key_of_cookies():
    engine = built()
    mounted = {name: {one["name"] for one in each["volumeMounts"]} for name, each in containers(engine).items()}
    assert mounted["login"] == {"login-own", "login-client"} and not mounted["nginx"] & mounted["login"]
    assert "certificate" in mounted["nginx"]


def test_a_clients_secret_of_the_configuration_is_in_one_secret_and_nowhere_else():
    unnamed = {key: value for key, value in LOGIN.items() if key != "secret"}
    engine = built(client_secret="the-clients-secret", login=unnamed)
    assert [made.name for made in engine.made if "the-clients-secret" in str(made.inputs)] == ["door-client"]
    assert SECRET_MARK in str(engine.only("Secret", "door-client").inputs["stringData"])


def test_a_provider_with_an_authority_of_its_own_is_known_by_it():
    pem = "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"
    engine = built(login={**LOGIN, "authority": pem})
    assert engine.only("ConfigMap", "door-authority").inputs["data"] == {"authority.pem": pem}
    assert "--provider-ca-file=/etc/login/trusted/authority.pem" in login_arguments(engine)


def test_the_front_door_reaches_each_page_and_the_provider_and_nothing_else():
    engine = built(login={**LOGIN, "issuer": "https://sso.example.org:8443/ml"})
    ways = {
        made.name: [port["port"] for rule in made.inputs["spec"]["egress"] for port in rule["ports"]]
        for made in engine.all("NetworkPolicy")
        if made.inputs["spec"].get("egress")
    }
    assert ways == {"door-mlflow-out": [5000], "door-argo-out": [2746], "door-provider-out": [8443]}
    let_in = engine.only("NetworkPolicy", "door-mlflow-in").inputs
    assert let_in["metadata"]["namespace"] == "tracking"
    assert let_in["spec"]["ingress"][0]["ports"] == [{"port": 5000, "protocol": "TCP"}]


def test_the_world_reaches_the_two_ports_of_nginx_and_not_its_health():
    policy = built().only("NetworkPolicy", "door-from-outside").inputs["spec"]
    assert [port["port"] for port in policy["ingress"][0]["ports"]] == [8080, 8443]


def test_the_certificate_is_for_every_name_and_from_the_issuer_that_is_named():
    engine = built()
    spec = engine.only("Certificate").inputs["spec"]
    assert spec["dnsNames"] == ["login.ml.example.org", "mlflow.ml.example.org", "argo.ml.example.org"]
    assert spec["issuerRef"] == {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": "letsencrypt"}
    volumes = engine.only("Deployment").inputs["spec"]["template"]["spec"]["volumes"]
    assert spec["secretName"] in {one["secret"]["secretName"] for one in volumes if "secret" in one}
    assert not engine.all("Issuer")


def test_an_account_at_an_authority_is_shown_by_dns_and_an_issuer_is_made_for_it():
    acme = {"email": "ml@example.org", "dns01": {"route53": {"region": "us-east-1"}}}
    engine = built(certificates={"acme": acme})
    issuer = engine.only("Issuer").inputs["spec"]["acme"]
    assert issuer["solvers"] == [{"dns01": {"route53": {"region": "us-east-1"}}}]
    assert issuer["server"] == "https://acme-v02.api.letsencrypt.org/directory"
    assert engine.only("Certificate").inputs["spec"]["issuerRef"]["kind"] == "Issuer"
    assert built(certificates={"selfSigned": True}).only("Issuer").inputs["spec"] == {"selfSigned": {}}


def test_a_certificate_that_somebody_else_keeps_needs_no_cert_manager():
    engine = built(certificates={"secret": "wildcard"})
    assert not engine.all("Certificate") and not engine.all("Issuer")
    assert "'secretName': 'wildcard'" in str(engine.only("Deployment").inputs)


def test_the_load_balancer_is_told_what_the_stack_file_says_and_external_dns_every_name():
    service = {"annotations": {"a/b": "c"}, "className": "inner", "sources": ["10.0.0.0/8"]}
    made = built(service=service, dns={"externalDns": True}).only("Service").inputs
    assert made["metadata"]["annotations"] == {
        "a/b": "c",
        "external-dns.alpha.kubernetes.io/hostname": "login.ml.example.org,mlflow.ml.example.org,argo.ml.example.org",
    }
    assert made["spec"]["loadBalancerSourceRanges"] == ["10.0.0.0/8"]
    assert (made["spec"]["type"], made["spec"]["loadBalancerClass"]) == ("LoadBalancer", "inner")
    assert "hostname" not in str(built().only("Service").inputs)


HOSTS = ["login.ml.example.org", "mlflow.ml.example.org", "argo.ml.example.org"]


def test_in_a_zone_every_name_leads_to_the_load_balancer_and_the_address_is_told_when_all_do():
    zone = Zone()
    engine = built(dns={"zone": "ml"}, zone=zone)
    assert zone.led == [(HOSTS, "balancer.test")]
    assert engine.exports["address"] == "balancer.test, to which all names lead"
    assert "external-dns" not in str(engine.only("Service").inputs)
    assert built().exports["address"] == "balancer.test"


def test_the_zone_is_also_where_it_is_shown_whose_domain_it_is_unless_the_stack_file_says_where():
    def solvers(acme: dict[str, Any]) -> list[dict[str, Any]]:
        engine = built(dns={"zone": "ml"}, zone=Zone(), certificates={"acme": {"email": "ml@example.org", **acme}})
        return engine.only("Issuer").inputs["spec"]["acme"]["solvers"]

    assert solvers({}) == [{"dns01": {"cloudDNS": {"project": "acme-ml", "hostedZoneName": "ml"}}}]
    own = {"rfc2136": {"nameserver": "192.0.2.53"}}
    assert solvers({"dns01": own}) == [{"dns01": own}]


@pytest.mark.parametrize("said, zone", [({}, Zone()), ({"dns": {"zone": "ml"}}, None)])
def test_a_zone_is_named_and_given_or_neither(said: dict[str, Any], zone: DnsZone | None):
    with pytest.raises(ValidationError, match="names: give both, or neither"):
        FrontDoorArgs(settings=settings(**said), namespace="front-door", pages=PAGES, zone=zone)


@pytest.mark.parametrize(
    "changed, told",
    [
        ({"domain": "ml"}, "write a DNS name"),
        ({"domain": "ML.example.org"}, "write a DNS name"),
        ({"domain": "10.0.0.1"}, "write a DNS name"),
        ({"domain": "https://ml.example.org"}, "write a DNS name"),
        ({"login": {**LOGIN, "groups": []}}, "write `groups` or `emailDomains`"),
        ({"login": {**LOGIN, "issuer": "http://sso.example.org"}}, "should match pattern"),
        ({"login": {**LOGIN, "authority": "/etc/ca.pem"}}, "should match pattern"),
        ({"certificates": {}}, "write one of `issuer`, `acme`"),
        ({"certificates": {"issuer": "a", "secret": "b"}}, "write one of `issuer`, `acme`"),
        ({"certificates": {"acme": {"email": "ml@example.org", "dns01": {}}}}, "at least 1 item"),
        (
            {"certificates": {"acme": {"email": "ml@example.org"}}},
            "write `dns.zone`, or `dns01` in cert-manager's words",
        ),
        ({"dns": {"zone": "ml", "externalDns": True}}, "would both make the records: remove one of them"),
        (
            {"dns": {"zone": "ml"}, "service": {"type": "NodePort"}},
            "records lead to a load balancer, and the service is",
        ),
        (
            {"dns": {"zone": "ml"}, "service": {"annotations": {"pulumi.com/skipAwait": "true"}}},
            "nobody waits for the address that the records in `dns.zone` need; remove it",
        ),
        ({"service": {"type": "ClusterIP", "sources": ["10.0.0.0/8"]}}, "only a load balancer heeds"),
        ({"service": {"sources": ["10.0.0.1/8"]}}, "write a range of addresses"),
    ],
)
def test_settings_that_could_not_work_are_refused(changed: dict[str, Any], told: str):
    with pytest.raises(ValidationError, match=told):
        settings(**changed)


@pytest.mark.parametrize("missing", ["login", "certificates", "domain"])
def test_no_front_door_is_without_a_login_or_tls(missing: str):
    with pytest.raises(ValidationError, match="Field required"):
        FrontDoorSettings.model_validate({key: value for key, value in SAID.items() if key != missing})


def test_a_login_has_its_clients_secret_once():
    unnamed = settings(login={key: value for key, value in LOGIN.items() if key != "secret"})
    for chosen, secret in ((unnamed, None), (settings(), "again")):
        with pytest.raises(ValidationError, match="needs its client's secret once"):
            FrontDoorArgs(settings=chosen, namespace="front-door", pages=PAGES, client_secret=secret)


def test_a_front_door_leads_somewhere_and_nobody_takes_the_logins_name():
    with pytest.raises(ValidationError, match="at least 1 item"):
        FrontDoorArgs(settings=settings(), namespace="front-door", pages={})
    with pytest.raises(ValidationError, match="no page can be called `login`"):
        FrontDoorArgs(settings=settings(), namespace="front-door", pages={"login": PAGES["mlflow"]})


def test_mlflow_answers_to_its_name_behind_the_front_door_and_to_no_other_origin():
    engine = Engine()
    access = Access(domain="ml.example.org")
    args = MlflowArgs(namespace="tracking", artifacts=bucket(), database=sql_client(), access=access)
    engine.build(lambda: Mlflow("mlflow", args))
    told = engine.only("Deployment").inputs["spec"]["template"]["spec"]["containers"][0]["env"]
    env = {one["name"]: one["value"] for one in told}
    assert "mlflow.ml.example.org" in env["MLFLOW_SERVER_ALLOWED_HOSTS"].split(",")
    assert env["MLFLOW_SERVER_CORS_ALLOWED_ORIGINS"] == "https://mlflow.ml.example.org"
