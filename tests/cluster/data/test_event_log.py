"""Kafka as its clients have it: behind a login, and with the same messages after a broker is lost."""

import base64
import json
import socket
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic
from kafka.errors import KafkaError, TopicAuthorizationFailedError, UnknownTopicOrPartitionError

from tests.cluster.evidence import eventually, exporters_login, kill, pods, prepare_backup, ready
from tests.cluster.platform import Platform

LAYER, PORT, TOPIC = "event-log", 9092, "kept"
BROKERS = "app.kubernetes.io/component=server"
FOUR_MEGABYTES = b"x" * 4 * 2**20


@pytest.fixture(autouse=True)
def names(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    """Brokers send their clients to pods by name. This machine reaches pods, but does not ask the cluster's DNS."""
    ask = socket.getaddrinfo

    def answer(host: Any, *more: Any, **options: Any) -> Any:
        name, _, domain = str(host).partition(".")
        return ask(address(platform, name) if domain.startswith("kafka-pods.") else host, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", answer)


def address(platform: Platform, pod: str) -> str:
    known = {one["metadata"]["name"]: one["status"].get("podIP") for one in pods(platform, LAYER, BROKERS)}
    if not known.get(pod):
        raise socket.gaierror(f"{pod} has no address")
    return str(known[pod])


def read(platform: Platform, *what: str) -> dict[str, Any]:
    return dict(json.loads(platform.kubectl("get", *what, "-n", platform.namespace(LAYER), "-o", "json")))


def login(platform: Platform, **other: Any) -> dict[str, Any]:
    """How the platform's systems get in; the password is in what Kafka's own tools read."""
    (pod,) = pods(platform, LAYER, BROKERS)
    (volume,) = [one for one in pod["spec"]["volumes"] if one["name"] == "config"]
    files = read(platform, "secret", volume["secret"]["secretName"])["data"]
    properties = base64.b64decode(files["client.properties"]).decode()
    return {
        "bootstrap_servers": f"{read(platform, 'service', 'kafka')['spec']['clusterIP']}:{PORT}",
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "PLAIN",
        "sasl_plain_username": "platform",
        "sasl_plain_password": properties.split('password="')[1].split('"')[0],
        **other,
    }


def kept(platform: Platform) -> list[bytes]:
    """All that the topic has, however long a broker that has just started takes for it."""
    consumer, partition = KafkaConsumer(**login(platform), consumer_timeout_ms=120_000), TopicPartition(TOPIC, 0)
    try:
        consumer.assign([partition])
        consumer.seek_to_beginning()
        (end,) = consumer.end_offsets([partition]).values()
        return [next(consumer).value for _ in range(end)]
    finally:
        consumer.close()


def send(platform: Platform, value: bytes) -> None:
    producer = KafkaProducer(**login(platform), acks="all", max_request_size=5 * 2**20)
    try:
        producer.send(TOPIC, value).get(timeout=30)
    finally:
        producer.close()


@pytest.fixture
def topic(platform: Platform) -> None:
    administrator = KafkaAdminClient(**login(platform))
    try:
        administrator.delete_topics([TOPIC])
        eventually(lambda: TOPIC not in administrator.list_topics(), "the topic of an earlier run is gone")
    except UnknownTopicOrPartitionError:
        pass
    try:
        administrator.create_topics([NewTopic(TOPIC, 1, 1)])
    finally:
        administrator.close()


@pytest.mark.parametrize("wrong", [{"sasl_plain_password": "wrong"}, {"security_protocol": "PLAINTEXT"}])
def test_whoever_does_not_log_in_is_refused(platform: Platform, wrong: dict[str, str]):
    with pytest.raises(KafkaError):
        KafkaAdminClient(**login(platform, **wrong), bootstrap_timeout_ms=5000).list_topics()


def test_a_topic_comes_from_being_made_alone(platform: Platform):
    producer = KafkaProducer(**login(platform), max_block_ms=3000)
    try:
        with pytest.raises(KafkaError):
            producer.send("misspelt", b"lost").get(timeout=5)
    finally:
        producer.close()


def test_the_exporters_login_sees_how_far_a_topic_is_and_no_message(platform: Platform, topic: None):
    send(platform, b"secret")
    password = exporters_login(platform, LAYER)["SASL_USER_PASSWORD"]
    own = login(platform, sasl_plain_username="metrics", sasl_plain_password=password)
    consumer, partition = KafkaConsumer(**own), TopicPartition(TOPIC, 0)
    try:
        assert consumer.end_offsets([partition]) == {partition: 1}
        consumer.assign([partition])
        consumer.seek_to_beginning()
        with pytest.raises(TopicAuthorizationFailedError):
            consumer.poll(120_000)
    finally:
        consumer.close()
    administrator = KafkaAdminClient(**own)
    try:
        with pytest.raises(TopicAuthorizationFailedError):
            administrator.delete_topics([TOPIC])
    finally:
        administrator.close()
    assert kept(platform) == [b"secret"]


def test_what_a_back_up_runs_first_works_in_a_broker(platform: Platform, topic: None):
    send(platform, b"on the disk")
    assert prepare_backup(platform, LAYER) == ""


def test_messages_of_any_size_that_metadata_has_outlive_the_broker(platform: Platform, topic: None):
    for message in (b"small", FOUR_MEGABYTES):
        send(platform, message)
    (before,) = pods(platform, LAYER, BROKERS)
    kill(platform, LAYER, BROKERS)
    eventually(lambda: ready(platform, LAYER, BROKERS, but=before["metadata"]["uid"]), "another broker is up")
    assert kept(platform) == [b"small", FOUR_MEGABYTES]
