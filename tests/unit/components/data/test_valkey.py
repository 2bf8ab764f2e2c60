"""The cache, on the recording engine."""

import pulumi

from components.data.valkey import Valkey, ValkeyArgs, ValkeySettings, configuration
from components.k8s.resources import Resources
from tests.recording import SECRET_MARK, Engine


def built(**settings: object) -> Engine:
    engine = Engine()
    engine.build(lambda: Valkey("valkey", ValkeyArgs(settings=ValkeySettings(**settings), namespace="cache")))
    return engine


def test_the_password_is_in_one_secret_and_on_no_command_line():
    engine = built()
    assert [made.name for made in engine.made if "generated-valkey" in str(made.inputs)] == ["valkey-config"]
    assert SECRET_MARK in engine.only("Secret").inputs["stringData"]


def test_a_health_check_logs_in_and_takes_an_error_for_a_failure():
    (container,) = engine_pod(built())["containers"]
    (*_, script) = container["readinessProbe"]["exec"]["command"]
    assert "/etc/valkey/password" in script and "valkey-cli -e ping" in script


def test_what_it_holds_is_logged_to_a_claimed_volume_and_never_dropped_for_want_of_memory():
    engine = built(size="3Gi")
    (claim,) = engine.only("StatefulSet").inputs["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["resources"]["requests"]["storage"] == "3Gi"
    lines = configuration("known", 1).splitlines()
    assert {"appendonly yes", "maxmemory-policy noeviction", "requirepass known", "dir /data"} <= set(lines)


def test_its_memory_leaves_room_for_rewriting_the_log():
    engine = built(resources=Resources(cpu="10m", memory="64Mi", memory_limit="100Mi"))
    assert f"maxmemory {60 * 2**20}" in str(engine.only("Secret").inputs["stringData"])


def test_one_raised_number_makes_a_new_password():
    assert built().only("RandomPassword").inputs["keepers"] == {"rotation": "1"}
    assert built(password_rotation=2).only("RandomPassword").inputs["keepers"] == {"rotation": "2"}


def test_its_wire_is_a_url_with_the_password_inside_and_secret():
    engine, told = Engine(), []

    def program() -> None:
        cache = Valkey("valkey", ValkeyArgs(namespace="cache")).cache
        pulumi.Output.all(cache.url, cache.url.is_secret()).apply(told.append)

    engine.build(program)
    assert told == [["redis://:generated-valkey-password@valkey.cache:6379/0", True]]


def engine_pod(engine: Engine) -> dict:
    return engine.only("StatefulSet").inputs["spec"]["template"]["spec"]
