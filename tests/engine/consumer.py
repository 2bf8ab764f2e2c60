"""`python -m tests.engine.consumer` keeps the state that a consumer of this version has: it is part of a release.

Of the components, OpenSearch isn't in it: it reads an object back, for which the test that replays this has no cluster.
The state is made on a real API server, where nothing gets ready, by a program that takes components as another
repository does. Its secrets are encrypted with the passphrase that all projects of the tests have.
"""

import gzip
import json
import tempfile
from pathlib import Path
from typing import Any

import components
from local import plugins, toolchain
from local.paths import REPOSITORY
from tests.engine import project as projects
from tests.engine import server
from tests.engine.project import Project

STATES = Path(__file__).with_name("states")

PROGRAM = f"""
    import sys
    sys.path.insert(0, {str(REPOSITORY)!r})
    import components as mlops

    cluster = k8s.Provider("cluster")
    inside = pulumi.ResourceOptions(provider=cluster)
    place = mlops.Namespace("place", mlops.NamespaceArgs(name="consumer"), inside).name
    here = {{"namespace": place}}
    store = mlops.ObjectStore("store", mlops.ObjectStoreArgs(**here, buckets=("models", "features")), inside)
    postgres = mlops.Postgres("postgres", mlops.PostgresArgs(**here), inside)
    mariadb = mlops.MariaDb("mariadb", mlops.MariaDbArgs(**here), inside)
    valkey = mlops.Valkey("valkey", mlops.ValkeyArgs(**here), inside)
    kafka = mlops.Kafka("kafka", mlops.KafkaArgs(**here), inside)

    def records(owner, *names):
        args = mlops.DatabaseArgs(**here, server=postgres.server, owner=owner, names=names)
        return mlops.Database(f"{{owner}}-records", args, inside).client

    database = records("mlflow", mlops.TRACKING_DATABASE, mlops.AUTH_DATABASE)
    models = store.bucket("models")
    mlflow = mlops.Mlflow("mlflow", mlops.MlflowArgs(**here, artifacts=models, database=database), inside)
    served = mlops.ModelServerArgs(**here, settings={{"model": "iris", "version": 1}}, tracking=mlflow.tracking)
    mlops.ModelServer("iris", served, inside)
    context = mlops.PipelineContext(tracking=mlflow.tracking, artifacts=models)
    steps = {{"train": {{"source": {str(REPOSITORY / "examples/training")!r}, "command": ["python", "train.py"]}}}}
    space = mlops.PipelineSpace("steps", mlops.PipelineSpaceArgs(**here, context=context, steps=steps), inside).space
    on = {{**here, "space": space}}
    mlops.Luigi("luigi", mlops.LuigiArgs(**on, database=records("luigi", mlops.LUIGI_DATABASE)), inside)
    mlops.Prefect(
        "prefect",
        mlops.PrefectArgs(**on, database=records("prefect", mlops.PREFECT_DATABASE), cache=valkey.cache),
        inside,
    )
"""
# There is no node here, so nothing gets ready.
WITHOUT_WAITING = """
    def without_waiting(args):
        if args.type_.startswith("kubernetes:") and not args.opts.id:
            metadata = args.props["metadata"]
            metadata.annotations = {**(metadata.annotations or {}), "pulumi.com/skipAwait": "true"}
        return pulumi.ResourceTransformationResult(args.props, args.opts)

    pulumi.runtime.register_stack_transformation(without_waiting)
"""


def replay(project: Project, version: str) -> None:
    """Give the project the state that a consumer of that version has."""
    file = project.folder.parent / "state.json"
    file.write_bytes(gzip.decompress((STATES / f"{version}.json.gz").read_bytes()))
    said = project.pulumi("stack", "import", "--file", str(file))
    assert said.code == 0, said.text


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name in ("home", "server", "project"):
            (folder / name).mkdir()
        base = projects.base_environment(folder / "home")
        engine = plugins.environment(base, toolchain.build(toolchain.ENGINE, print))
        with server.running(toolchain.build(toolchain.CLUSTER, print), folder / "server") as running:
            made = projects.make(folder / "project", {**engine, "KUBECONFIG": str(running.kubeconfig)})
            made.write(WITHOUT_WAITING + PROGRAM)
            made.up()
            text = made.pulumi("stack", "export").text
    state = json.loads(text.replace(str(running.kubeconfig), "kubeconfig"), object_hook=_without_places)
    STATES.mkdir(exist_ok=True)
    kept = gzip.compress(json.dumps(state).encode(), mtime=0)
    (STATES / f"{components.__version__}.json.gz").write_bytes(kept)


def _without_places(part: dict[str, Any]) -> dict[str, Any]:
    """Less the lines of code that made each resource."""
    return {key: value for key, value in part.items() if key not in ("sourcePosition", "stackTrace")}


if __name__ == "__main__":
    main()
