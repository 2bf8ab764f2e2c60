"""Whether a database's back-ups have a place to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.storage.cloudnative_pg.settings import OperatedDatabaseSettings

if TYPE_CHECKING:
    from .environment import Environment


def unkept(environment: Environment) -> list[str]:
    """One line for each mistake."""
    database, store = environment.database, environment.object_store
    if not isinstance(database, OperatedDatabaseSettings) or database.backup is None:
        return []
    if store is None:
        return [
            "database.backup: needs the layer `objectStore`, which is off; add a section `objectStore:` or write "
            "`backup: null`"
        ]
    return []
