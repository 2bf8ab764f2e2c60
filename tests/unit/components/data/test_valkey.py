"""The cache, on the recording engine."""

import json

import pulumi

from components.data.valkey import Valkey, ValkeyArgs, ValkeySettings, configuration
from components.k8s.resources import Resources
from tests.recording import SECRET_MARK, Engine


def built(**settings: object) -> Engine:
    engine = Engine()
    engine.build(lambda: Valkey("valkey", ValkeyArgs(settings=ValkeySettings(**settings), namespace="cache")))
    return engine


def config(engine: Engine) -> dict:
    return engine.only("Secret", "valkey-config").inputs["stringData"]


def test_the_password_is_in_one_secret_and_on_no_command_line():
    engine = built()
    assert [made.name for made in engine.made if "generated-valkey-password" in str(made.inputs)] == ["valkey-config"]
    assert SECRET_MARK in config(engine)


def test_a_health_check_logs_in_and_takes_an_error_for_a_failure():
    (container,) = engine_pod(built())["containers"]
    (*_, script) = container["readinessProbe"]["exec"]["command"]
    assert "/etc/valkey/password" in script and "valkey-cli -e ping" in script


def test_what_it_holds_is_logged_to_a_claimed_volume_and_never_dropped_for_want_of_memory():
    engine = built(size="3Gi")
    (claim,) = engine.only("StatefulSet").inputs["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["resources"]["requests"]["storage"] == "3Gi"
    lines = configuration("known", "figures", 1).splitlines()
    assert {"appendonly yes", "maxmemory-policy noeviction", "requirepass known", "dir /data"} <= set(lines)


def test_its_memory_leaves_room_for_rewriting_the_log():
    engine = built(resources=Resources(cpu="10m", memory="64Mi", memory_limit="100Mi"))
    assert f"maxmemory {60 * 2**20}" in str(config(engine))


def test_one_raised_number_makes_a_new_password():
    for number in (1, 2):
        made = built(password_rotation=number).all("RandomPassword")
        assert [one.inputs["keepers"] for one in made] == [{"rotation": str(number)}] * 2


def test_its_wire_is_a_url_with_the_password_inside_and_secret():
    engine, told = Engine(), []

    def program() -> None:
        cache = Valkey("valkey", ValkeyArgs(namespace="cache")).cache
        pulumi.Output.all(cache.url, cache.url.is_secret()).apply(told.append)

    engine.build(program)
    assert told == [["redis://:generated-valkey-password@valkey.cache:6379/0", True]]


def test_the_exporters_user_reads_figures_and_neither_keys_nor_settings():
    (line,) = (line for line in configuration("known", "figures", 1).splitlines() if line.startswith("user "))
    assert line.startswith("user metrics on #") and "figures" not in line and "resetkeys" in line
    rights = line.split()[line.split().index("-@all") + 1 :]
    assert rights == ["+info", "+latency|latest", "+latency|histogram", "+slowlog|len", "+client|setname"]


def test_a_back_up_waits_until_all_there_is_has_been_written_anew():
    said = engine_annotations(built())
    command = json.loads(said["pre.hook.backup.velero.io/command"])
    assert said["pre.hook.backup.velero.io/container"] == "valkey"
    assert said["pre.hook.backup.velero.io/on-error"] == "Fail"
    assert command[:2] == ["sh", "-ec"] and "/etc/valkey/password" in command[2]
    assert command[2].index("bgrewriteaof") < command[2].index("aof_last_bgrewrite_status:ok")


def engine_annotations(engine: Engine) -> dict[str, str]:
    return dict(engine.only("StatefulSet").inputs["spec"]["template"]["metadata"]["annotations"])


def engine_pod(engine: Engine) -> dict:
    return engine.only("StatefulSet").inputs["spec"]["template"]["spec"]
