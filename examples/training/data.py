"""Put the sample data into the object store, where it is not there yet: each step reads it from there."""

import os
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import ClientError
from sklearn.datasets import load_iris

KEY = "data/iris.csv"


def main() -> None:
    bucket = urlsplit(os.environ["ARTIFACTS"]).netloc
    store = boto3.client("s3")
    try:
        store.head_object(Bucket=bucket, Key=KEY)
    except ClientError as error:
        if error.response["Error"]["Code"] != "404":
            raise
        store.put_object(Bucket=bucket, Key=KEY, Body=load_iris(as_frame=True).frame.to_csv(index=False))
        print(f"put s3://{bucket}/{KEY}")


if __name__ == "__main__":
    main()
