"""The event log, on the recording engine."""

import json

import pulumi
import pytest
from pydantic import ValidationError

from components.data.kafka import Kafka, KafkaArgs, KafkaSettings, configuration, heap
from components.k8s.resources import Resources
from tests.recording import SECRET_MARK, Engine


def built(**settings: object) -> Engine:
    engine = Engine()
    engine.build(lambda: Kafka("kafka", KafkaArgs(settings=KafkaSettings(**settings), namespace="event-log")))
    return engine


def lines(**settings: object) -> dict[str, str]:
    text = configuration(KafkaSettings(**settings), "the-brokers-password", "the-clients-password", "for-metrics")
    return dict(line.split("=", 1) for line in text.splitlines())


def pod(engine: Engine) -> dict:
    return engine.only("StatefulSet").inputs["spec"]["template"]["spec"]


@pytest.mark.parametrize("brokers", [0, 2, 4])
def test_a_number_of_brokers_that_makes_no_quorum_is_refused_with_the_ones_that_do(brokers: int):
    with pytest.raises(ValidationError, match="1 or 3"):
        KafkaSettings(brokers=brokers)


def test_the_passwords_are_in_secrets_and_in_nothing_that_a_pod_says_of_itself():
    engine = built()
    knowing = {made.name for made in engine.made if "generated-kafka" in str(made.inputs)}
    assert knowing == {"kafka-config", "kafka-rights", "kafka-exporter-login"}
    assert all(SECRET_MARK in made.inputs["stringData"] for made in engine.all("Secret"))


def test_clients_log_in_everywhere_but_where_brokers_elect_their_controller():
    said = lines()
    assert set(said["listener.security.protocol.map"].split(",")) == {
        "CLIENTS:SASL_PLAINTEXT",
        "CONTROLLER:SASL_PLAINTEXT",
    }
    assert "the-clients-password" in said["listener.name.clients.plain.sasl.jaas.config"]
    assert "the-clients-password" not in said["listener.name.controller.plain.sasl.jaas.config"]


def test_three_brokers_keep_each_message_thrice_and_twice_before_they_confirm_it():
    said = lines(brokers=3)
    copies = [said[f"{what}.replication.factor"] for what in ("default", "offsets.topic", "transaction.state.log")]
    assert copies == ["3", "3", "3"] and said["min.insync.replicas"] == "2"
    assert lines(brokers=1)["min.insync.replicas"] == "1"


def test_topics_are_made_on_purpose_alone_and_take_messages_of_five_megabytes():
    said = lines()
    assert said["auto.create.topics.enable"] == "false"
    assert said["message.max.bytes"] == said["replica.fetch.max.bytes"] == str(5 * 2**20)


def test_three_brokers_start_together_and_are_taken_away_one_by_one():
    engine = built(brokers=3)
    spec = engine.only("StatefulSet").inputs["spec"]
    assert spec["podManagementPolicy"] == "Parallel" and spec["replicas"] == 3
    assert engine.only("PodDisruptionBudget").inputs["spec"]["maxUnavailable"] == 1
    assert not built(brokers=1).all("PodDisruptionBudget")


def test_a_broker_says_its_own_pods_name_to_clients_before_it_is_ready_too():
    engine = built()
    (container,) = pod(engine)["containers"]
    assert {"name": "DOMAIN", "value": "kafka-pods.event-log"} in container["env"]
    assert "advertised.listeners=CLIENTS://$POD_NAME.$DOMAIN:9092" in container["command"][-1]
    assert engine.only("Service", "kafka-pods").inputs["spec"]["publishNotReadyAddresses"] is True


def test_no_service_of_the_namespace_becomes_a_setting_of_the_broker():
    assert pod(built())["enableServiceLinks"] is False


def test_half_of_the_memory_is_javas():
    assert heap(Resources(memory="1Gi", memory_limit="2Gi")) == "-Xms1024m -Xmx1024m"


def test_brokers_may_talk_to_each_other_and_clients_may_not_reach_the_controller():
    engine, told = Engine(), []

    def program() -> None:
        log = Kafka("kafka", KafkaArgs(namespace="event-log")).log
        assert log.peer is not None and log.peer.ports == (9092,)
        pulumi.Output.all(log.bootstrap, log.password, log.password.is_secret()).apply(told.append)

    engine.build(program)
    assert told == [["kafka.event-log:9092", "generated-kafka-password", True]]
    inside = engine.only("NetworkPolicy", "kafka-among-brokers-in").inputs["spec"]["ingress"]
    assert [port["port"] for port in inside[0]["ports"]] == [9092, 9093]


def test_a_new_password_for_clients_leaves_the_brokers_own_alone():
    before, after = (built(password_rotation=number) for number in (1, 2))
    assert before.only("RandomPassword", "kafka-brokers") == after.only("RandomPassword", "kafka-brokers")
    assert after.only("RandomPassword", "kafka-password").inputs["keepers"] == {"rotation": "2"}


def test_who_is_neither_broker_nor_client_may_do_what_it_is_given_alone():
    said = lines()
    assert said["super.users"] == "User:broker;User:platform" and "StandardAuthorizer" in said["authorizer.class.name"]
    assert "allow.everyone.if.no.acl.found" not in said
    (container,) = built().only("Job", "kafka-rights").inputs["spec"]["template"]["spec"]["containers"]
    (*_, script) = container["command"]
    assert "--allow-principal User:metrics --operation Describe --cluster --topic '*' --group '*'" in script


def test_a_back_up_waits_until_messages_are_on_the_disk():
    said = built().only("StatefulSet").inputs["spec"]["template"]["metadata"]["annotations"]
    assert json.loads(said["pre.hook.backup.velero.io/command"]) == ["sync", "-f", "/var/lib/kafka/data"]
