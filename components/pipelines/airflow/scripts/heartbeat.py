"""Is this pod's own process alive? Asks the database, where each notes its heartbeat, without starting an Airflow."""

import os
import socket
import sys

import psycopg2

QUERY = """
SELECT 1 FROM job
 WHERE job_type = %s AND hostname = %s AND state = 'running' AND latest_heartbeat > now() - interval '60 seconds'
"""


def main(job: str) -> int:
    address = os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("+psycopg2", "", 1)
    here = socket.gethostbyname(socket.gethostname())
    with psycopg2.connect(address, connect_timeout=5) as connection, connection.cursor() as cursor:
        cursor.execute(QUERY, (job, here))
        return 0 if cursor.fetchone() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
