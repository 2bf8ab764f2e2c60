"""Wait until a client that logs in is answered by SQL, by Kafka and by search; give up when all had their time."""

import os
import sys
import time
from collections.abc import Callable, Mapping

_PATIENCE = 540  # seconds, less than the Job's own time
_PAUSE = 3


def sql(env: Mapping[str, str]) -> str:
    import sqlalchemy  # each client is loaded where it is used, so that one that is missing names itself

    engine = sqlalchemy.create_engine(env["SQL_URL"])
    with engine.connect() as connection:
        return str(connection.execute(sqlalchemy.text("SELECT current_user")).scalar_one())


def kafka(env: Mapping[str, str]) -> str:
    from confluent_kafka.admin import AdminClient

    login = {"sasl.username": env["KAFKA_USERNAME"], "sasl.password": env["KAFKA_PASSWORD"]}
    servers = {"bootstrap.servers": env["KAFKA_BOOTSTRAP"], "security.protocol": "SASL_PLAINTEXT"}
    client = AdminClient({**servers, **login, "sasl.mechanism": "PLAIN", "log_level": 2})
    return f"{len(client.list_topics(timeout=10).brokers)} broker(s)"


def search(env: Mapping[str, str]) -> str:
    import requests

    answer = requests.get(
        f"{env['SEARCH_URL']}/_cluster/health",
        auth=(env["SEARCH_USERNAME"], env["SEARCH_PASSWORD"]),
        verify=env.get("SEARCH_AUTHORITY", True),
        timeout=10,
    )
    answer.raise_for_status()
    status = str(answer.json()["status"])
    if status == "red":
        raise RuntimeError("its indices are red")
    return status


def wait(checks: Mapping[str, Callable[[Mapping[str, str]], str]], env: Mapping[str, str], seconds: float) -> bool:
    """Whether each check has passed in time."""
    end, missing = time.monotonic() + seconds, dict(checks)
    while missing:
        for name, check in list(missing.items()):
            try:
                print(f"{name}: {check(env)}", flush=True)
                del missing[name]
            except Exception as error:  # whatever a client says of a server that isn't there yet
                print(f"{name}: not yet: {type(error).__name__}: {error}"[:300], flush=True)
        if missing and time.monotonic() > end:
            return False
        if missing:
            time.sleep(_PAUSE)
    return True


if __name__ == "__main__":
    sys.exit(0 if wait({"sql": sql, "kafka": kafka, "search": search}, os.environ, _PATIENCE) else 1)
