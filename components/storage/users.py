"""Who may do what in the cluster's own object store: a user for each bucket, and for each folder that is asked for."""

import json
from collections.abc import Mapping

ADMIN = "admin"

_ADMIN_ACTIONS = ("Admin", "Read", "Write", "List", "Tagging")
_CLIENT_ACTIONS = ("Read", "Write", "Tagging")


def user_of(bucket: str, folder: str | None) -> str:
    """Who comes with the key of a bucket, or of a folder. No bucket has an underscore in its name."""
    return f"{bucket}_{folder}" if folder else bucket


def identity_file(secret_keys: Mapping[str, str]) -> str:
    """SeaweedFS's own file of users and their keys; without it, everybody may do everything."""
    identities = [
        {"name": user, "credentials": [{"accessKey": user, "secretKey": key}], "actions": _actions(user)}
        for user, key in sorted(secret_keys.items())
    ]
    return json.dumps({"identities": identities})


def _actions(user: str) -> list[str]:
    """A folder's user may list its bucket: without that right, what is missing would be forbidden."""
    if user == ADMIN:
        return list(_ADMIN_ACTIONS)
    bucket, _, folder = user.partition("_")
    opened = f"{bucket}/{folder}/*" if folder else bucket
    return [f"List:{bucket}", *(f"{action}:{opened}" for action in _CLIENT_ACTIONS)]
