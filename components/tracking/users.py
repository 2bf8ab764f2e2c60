"""Users of the tracking server that systems log in as, so that none of them is its administrator."""

from pathlib import Path

from pulumi import Output, ResourceOptions
from pulumi_kubernetes.core.v1 import ConfigMap, Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_random import RandomPassword

from ..base import Text
from ..catalog import image
from ..k8s.job import run
from ..k8s.labels import Identity
from ..k8s.network import Peer, connect
from ..k8s.order import after
from ..k8s.plain import as_json
from ..k8s.resources import Resources
from ..k8s.volumes import config_files, secret_files
from ..k8s.workload import Workload
from .contracts import Login, TrackingServer
from .runtime import ENVIRONMENT, USER, writable

_PERMISSIONS = {"writer": "EDIT", "reader": "READ"}
"""Who edits logs runs, registers models and moves their aliases, and deletes nothing that another one has made."""

_PROGRAM = Path(__file__).with_name("programs") / "users.py"
_PROGRAMS, _USERS = "/opt/mlflow-users", "/etc/mlflow-users"


def with_users(
    name: str, server: TrackingServer, rotation: int, namespace: Text, opts: ResourceOptions
) -> TrackingServer:
    """The same server for those who need not be its administrator, whom it is given as; known once it knows them."""
    keepers = {"rotation": str(rotation)}
    passwords = {
        user: RandomPassword(f"{name}-{user}", length=32, special=False, keepers=keepers, opts=opts).result
        for user in _PERMISSIONS
    }
    done = _tell(name, server, passwords, namespace, opts)
    writer, reader = (Login(username=user, password=after(done, passwords[user])) for user in _PERMISSIONS)
    return TrackingServer(
        url=server.url, username=writer.username, password=writer.password, reader=reader, peer=server.peer
    )


def _tell(
    name: str, server: TrackingServer, passwords: dict[str, Output[str]], namespace: Text, opts: ResourceOptions
) -> Output[str]:
    """Known once the server has them all."""
    place = ObjectMetaArgs(namespace=namespace)
    users = {user: {"password": passwords[user], "permission": _PERMISSIONS[user]} for user in passwords}
    told = Secret(f"{name}-users", metadata=place, string_data={"users.json": as_json(users)}, opts=opts)
    login = Secret(f"{name}-administrator", metadata=place, string_data=server.credentials, opts=opts)
    program = {"users.py": _PROGRAM.read_text(encoding="utf-8")}
    files = ConfigMap(f"{name}-users", metadata=place, data=program, opts=opts)
    work = Workload(
        identity=Identity("mlflow-client", name, "users"),
        image=image("mlflow").reference,
        user=USER,
        command=["python", f"{_PROGRAMS}/users.py"],
        working_dir="/tmp",
        env={**ENVIRONMENT, **server.environment, "USERS_FILE": f"{_USERS}/users.json"},
        secrets=[login.metadata.name],
        mounts=[
            writable("64Mi"),
            config_files("programs", _PROGRAMS, files.metadata.name),
            secret_files("users", _USERS, told.metadata.name),
        ],
        resources=Resources(cpu="100m", memory="256Mi", memory_limit="1Gi"),
    )
    if server.peer:
        connect(f"{name}-users", Peer(namespace, work.identity.selector), server.peer, opts)
    return run(f"{name}-users", work, namespace, opts)
