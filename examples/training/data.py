"""Put the sample data into the object store, where it is not there yet: each step reads it from there."""

import os
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import ClientError
from sklearn.datasets import load_iris


def place() -> tuple[str, str]:
    """Bucket and key, in the folder that a pipeline's step is given."""
    folder = urlsplit(os.environ["ARTIFACTS"])
    return folder.netloc, f"{folder.path}/data/iris.csv".lstrip("/")


def main() -> None:
    bucket, key = place()
    store = boto3.client("s3")
    try:
        store.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] != "404":
            raise
        store.put_object(Bucket=bucket, Key=key, Body=load_iris(as_frame=True).frame.to_csv(index=False))
        print(f"put s3://{bucket}/{key}")


if __name__ == "__main__":
    main()
