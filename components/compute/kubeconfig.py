"""How kubectl, and this program, get into a cluster of a cloud: by a token that a command fetches each time."""

import json
from typing import Any


def kubeconfig(name: str, server: str, authority: str, command: str, *arguments: str, **more: Any) -> str:
    """It holds no secret. `command` prints a token for some minutes; `more` is further told of it."""
    execute = {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": command, "args": list(arguments)}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": name,
            "clusters": [{"name": name, "cluster": {"server": server, "certificate-authority-data": authority}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "users": [{"name": name, "user": {"exec": {**execute, "interactiveMode": "Never", **more}}}],
        }
    )
