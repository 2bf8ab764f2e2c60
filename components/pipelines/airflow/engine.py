"""Airflow on PostgreSQL: its servers, a pod for each task, logs in the object store, and a DAG for each step."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_kubernetes.core.v1 import ConfigMap, Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_random import RandomPassword

from ...access import Endpoint
from ...base import Text
from ...k8s.job import run
from ...k8s.labels import PART_OF
from ...k8s.order import after
from ...k8s.server import run_forever, serve, service_account
from ...metadata.contracts import Recipe
from ...sources import texts
from ...storage.trust import trusted
from . import maintenance, wires
from .configuration import API_PORT, servers, set_up
from .parts import SCRIPTS, Parts
from .settings import AIRFLOW_DATABASE, AirflowArgs
from .tasks import step_files, template, worker

_ADMIN = "admin"
_SCRIPTS = Path(__file__).with_name("scripts")


class Airflow(ComponentResource):
    """Made in the order in which its parts need each other: database, migration, then the servers and the login."""

    endpoint: Endpoint
    recipe: Recipe

    def __init__(self, name: str, args: AirflowArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:pipelines:Airflow", name, None, opts)
        self._name, self._args, self._child = name, args, ResourceOptions(parent=self)
        wires.lead(name, args, self._child)
        address = args.database.url(AIRFLOW_DATABASE)
        parts = self._parts()
        migration = replace(parts.job("migration", "airflow", "db", "migrate"), env=set_up(args, address))
        current = after(run(f"{name}-migration", migration, *self._here), address)
        parts = replace(parts, environment=servers(name, args, current))

        made = serve(name, parts.api_server(), args.namespace, args.access, self._child)
        for part in (parts.scheduler(), parts.dag_processor(), parts.triggerer()):
            run_forever(f"{name}-{part.identity.component}", part, *self._here)
        maintenance.schedule(name, parts, *self._here)

        url = Output.concat("http://", args.access.address_of(made.service))
        password = self._administrator(parts, current)
        page = made.page(API_PORT)
        self.endpoint = Endpoint(url=url, username=_ADMIN, password=password, page=page)
        self.recipe = Recipe(
            source="airflow_api.AirflowSource",
            config={"api": Output.concat("http://", made.host, f":{API_PORT}/api/v2"), "page": url},
            secrets={"AIRFLOW_USERNAME": Output.from_input(_ADMIN), "AIRFLOW_PASSWORD": password},
            peers=(made.peer,),
        )
        self.register_outputs({"url": url})

    def _parts(self) -> Parts:
        """The servers, and the objects that their pods read; their environment follows, with the migrated database."""
        name, args = self._name, self._args
        runs = args.space.namespace
        dags = {
            place: self._files(f"{name}-{place}-dags", step_files(args.space), namespace)
            for place, namespace in (("server", args.namespace), ("worker", runs))
        }
        task = worker(name, args, self._secret("worker", args.artifacts.credentials, runs), dags["worker"])
        task = replace(task, service_account=service_account(f"{name}-worker", task, runs, self._child))
        keys = {
            "AIRFLOW__CORE__FERNET_KEY": self._password("fernet-key", 32).apply(fernet_key),
            "AIRFLOW__API_AUTH__JWT_SECRET": self._password("jwt-secret", 64),
            "AIRFLOW__API__SECRET_KEY": self._password("session-key", 64),
        }
        credentials = {**keys, **args.database.credentials, **args.artifacts.credentials}
        return Parts(
            name=name,
            settings=args.settings,
            space=args.space,
            environment={},
            secrets=[self._secret("keys", credentials, args.namespace)],
            dags=dags["server"],
            scripts=self._files(f"{name}-scripts", texts(_SCRIPTS), args.namespace),
            templates=self._files(f"{name}-templates", template(task), args.namespace),
            trusted=trusted(name, args.database.tls, args.namespace, self._child),
        )

    def _administrator(self, parts: Parts, database: Text) -> Output[str]:
        """The password, known once it is that of the administrator."""
        password = self._password("admin", 32)
        login = self._secret("admin", {"ADMIN_PASSWORD": password}, self._args.namespace)
        job = parts.job("administrator", "python", f"{SCRIPTS}/admin.py")
        env = {**set_up(self._args, database), "ADMIN_USERNAME": _ADMIN}
        job = replace(job, env=env, secrets=[*job.secrets, login])
        return after(run(f"{self._name}-administrator", job, *self._here), password)

    @property
    def _here(self) -> tuple[Text, ResourceOptions]:
        return self._args.namespace, self._child

    def _password(self, use: str, length: int) -> Output[str]:
        # The keys stay: what was encrypted or signed with them would be lost.
        keepers = {"rotation": str(self._args.settings.password_rotation)} if use == "admin" else None
        key = f"{self._name}-{use}"
        return RandomPassword(key, length=length, special=False, keepers=keepers, opts=self._child).result

    def _secret(self, use: str, data: Mapping[str, Text], namespace: Text) -> Output[str]:
        made = Secret(f"{self._name}-{use}", metadata=_place(namespace), string_data=dict(data), opts=self._child)
        return made.metadata.name

    def _files(self, name: str, data: Mapping[str, Text], namespace: Text) -> Output[str]:
        return ConfigMap(name, metadata=_place(namespace), data=dict(data), opts=self._child).metadata.name


def _place(namespace: Text) -> ObjectMetaArgs:
    labels = {"app.kubernetes.io/name": "airflow", "app.kubernetes.io/part-of": PART_OF}
    return ObjectMetaArgs(namespace=namespace, labels=labels)


def fernet_key(password: str) -> str:
    """32 bytes in the alphabet in which Fernet wants its key."""
    return base64.urlsafe_b64encode(password.encode()).decode()
