"""What the keys that pods hold open in the object store, by its own answer."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from tests.cluster.evidence import bucket, secrets
from tests.cluster.platform import Platform

BUCKET, KEY = "pipelines", "luigi/tests/kept"


@pytest.fixture(scope="module")
def step(platform: Platform) -> Any:
    """The object store as a step on Luigi opens it; beside its own folder lies something of another engine's."""
    bucket(platform).put_object(Bucket=BUCKET, Key="argo/tests/kept", Body=b"of another engine")
    held = {"AWS_ACCESS_KEY_ID", "MLFLOW_TRACKING_PASSWORD"}
    (logins,) = [one for one in secrets(platform, "luigi-runs").values() if held <= one.keys()]
    return bucket(platform, (logins["AWS_ACCESS_KEY_ID"], logins["AWS_SECRET_ACCESS_KEY"]))


def test_a_step_keeps_reads_lists_and_deletes_in_its_engines_folder(step: Any):
    step.put_object(Bucket=BUCKET, Key=KEY, Body=b"kept")
    assert step.get_object(Bucket=BUCKET, Key=KEY)["Body"].read() == b"kept"
    assert [one["Key"] for one in step.list_objects_v2(Bucket=BUCKET, Prefix=KEY)["Contents"]] == [KEY]
    in_parts = TransferConfig(multipart_threshold=2**20, multipart_chunksize=5 * 2**20)
    step.upload_fileobj(io.BytesIO(b"x" * 6 * 2**20), BUCKET, KEY, Config=in_parts)
    assert step.head_object(Bucket=BUCKET, Key=KEY)["ContentLength"] == 6 * 2**20
    step.delete_object(Bucket=BUCKET, Key=KEY)


def test_what_is_missing_in_its_folder_is_missing_and_not_forbidden(step: Any):
    with pytest.raises(ClientError) as told:
        step.head_object(Bucket=BUCKET, Key="luigi/tests/never")
    assert told.value.response["Error"]["Code"] == "404"


OTHERS = {
    "read": lambda store: store.get_object(Bucket=BUCKET, Key="argo/tests/kept"),
    "asked after": lambda store: store.head_object(Bucket=BUCKET, Key="argo/tests/kept"),
    "written": lambda store: store.put_object(Bucket=BUCKET, Key="argo/tests/kept", Body=b"mine"),
    "deleted": lambda store: store.delete_object(Bucket=BUCKET, Key="argo/tests/kept"),
    "copied": lambda store: store.copy_object(Bucket=BUCKET, Key=KEY, CopySource=f"{BUCKET}/argo/tests/kept"),
    "reached from its own": lambda store: store.get_object(Bucket=BUCKET, Key="luigi/../argo/tests/kept"),
    "written beside all folders": lambda store: store.put_object(Bucket=BUCKET, Key="kept", Body=b"mine"),
    "of a folder whose name begins alike": lambda store: store.put_object(Bucket=BUCKET, Key="luigis/x", Body=b"mine"),
    "in another bucket": lambda store: store.list_objects_v2(Bucket="mlflow"),
}


@pytest.mark.parametrize("does", OTHERS.values(), ids=OTHERS)
def test_nothing_beside_its_folder_opens_to_a_step(platform: Platform, step: Any, does: Callable[[Any], Any]):
    with pytest.raises(ClientError) as refused:
        does(step)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 403)
    kept = bucket(platform).get_object(Bucket=BUCKET, Key="argo/tests/kept")["Body"].read()
    assert kept == b"of another engine"
