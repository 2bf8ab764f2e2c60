"""Which machine a database of RDS runs on.

Shapes: docs.aws.amazon.com, "Amazon RDS User Guide", "Hardware specifications for DB instance classes". Both families
are offered for PostgreSQL 13 and later, and both are of Graviton, which does as much for less; the first one here is
for trials: it saves up its CPU, and has little.
"""

from typing import NamedTuple

from ..cloud import CloudDatabaseSettings


class DatabaseMachine(NamedTuple):
    """Of the memory, in GiB, PostgreSQL takes a quarter for its cache."""

    name: str
    cpu: int
    ram: int


# The cheapest first.
MACHINES = (
    DatabaseMachine("db.t4g.medium", 2, 4),
    DatabaseMachine("db.m7g.large", 2, 8),
    DatabaseMachine("db.r6g.large", 2, 16),
    DatabaseMachine("db.m7g.xlarge", 4, 16),
    DatabaseMachine("db.r6g.xlarge", 4, 32),
    DatabaseMachine("db.m7g.2xlarge", 8, 32),
    DatabaseMachine("db.r6g.2xlarge", 8, 64),
    DatabaseMachine("db.m7g.4xlarge", 16, 64),
    DatabaseMachine("db.r6g.4xlarge", 16, 128),
    DatabaseMachine("db.m7g.8xlarge", 32, 128),
    DatabaseMachine("db.m7g.16xlarge", 64, 256),
)


def choose(settings: CloudDatabaseSettings) -> str:
    """The cheapest with so much of both. Raises ValueError, saying what there is, if none has."""
    for one in MACHINES:
        if one.cpu >= settings.cpu and one.ram >= settings.gib:
            return one.name
    most = MACHINES[-1]
    asked = f"{settings.cpu} vCPUs and {settings.memory}"
    raise ValueError(f"no machine for {asked} is known here; write no more than {most.cpu} and {most.ram}Gi")
