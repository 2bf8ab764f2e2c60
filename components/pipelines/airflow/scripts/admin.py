"""Make the administrator, or give the one there is the password of the day. It is read from the environment alone."""

import os

from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder
from airflow.utils.providers_configuration_loader import providers_configuration_loaded


@providers_configuration_loaded
def main(name: str, password: str) -> None:
    with get_application_builder() as builder:
        users = builder.sm
        if user := users.find_user(username=name):
            users.reset_password(user.id, password)
        elif not users.add_user(name, name, name, f"{name}@localhost", users.find_role("Admin"), password):
            raise SystemExit(f"the user {name} could not be made")
    print(f"the user {name} is there")


if __name__ == "__main__":
    main(os.environ["ADMIN_USERNAME"], os.environ["ADMIN_PASSWORD"])
