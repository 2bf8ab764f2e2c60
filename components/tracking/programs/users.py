"""Gives the users that systems log in as their passwords and their roles, whatever of these is there already."""

import json
import os
from pathlib import Path

from mlflow.exceptions import RestException
from mlflow.server.auth.client import AuthServiceClient

KINDS = ("experiment", "registered_model", "prompt")
WORKSPACE = "default"


def admit(client: AuthServiceClient, user: str, password: str) -> None:
    """Whoever is known gets the password that holds now."""
    try:
        client.get_user(user)
    except RestException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        client.create_user(user, password)
    else:
        client.update_user_password(user, password)
    print(f"user {user}")


def allow(client: AuthServiceClient, user: str, permission: str) -> None:
    """On whatever there is and will be, by a role of the user's name that people may be given, too."""
    role = next((one for one in client.list_roles(WORKSPACE) if one.name == user), None)
    role = role or client.create_role(WORKSPACE, user, f"{permission} of all experiments, models and prompts")
    given = {one.resource_type: one for one in client.list_role_permissions(role.id) if one.resource_pattern == "*"}
    for kind in KINDS:
        if kind not in given:
            client.add_role_permission(role.id, kind, "*", permission)
        elif given[kind].permission != permission:
            client.update_role_permission(given[kind].id, permission)
    if role.id not in {one.id for one in client.list_user_roles(user)}:
        client.assign_role(user, role.id)
    print(f"role {role.name}: {permission}")


if __name__ == "__main__":
    server = AuthServiceClient(os.environ["MLFLOW_TRACKING_URI"])
    for name, wanted in json.loads(Path(os.environ["USERS_FILE"]).read_text()).items():
        admit(server, name, wanted["password"])
        allow(server, name, wanted["permission"])
