"""Two days of made-up statistics for three drivers, written once: what is there stays."""

import os
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import pyarrow.fs
import pyarrow.parquet as pq
from pyarrow import Table

HOURS = 48
DRIVERS = (1001, 1002, 1003)


def statistics(until: datetime) -> pd.DataFrame:
    """The same numbers in each run, up to the hour before `until`."""
    chance = np.random.default_rng(seed=7)
    hours = [until - timedelta(hours=back) for back in range(HOURS, 0, -1)]
    rows = [(driver, hour) for driver in DRIVERS for hour in hours]
    return pd.DataFrame(
        {
            "driver_id": [driver for driver, _ in rows],
            "event_timestamp": [hour for _, hour in rows],
            "created": until,
            "trips_today": chance.integers(0, 30, len(rows)),
            "rating": chance.uniform(1, 5, len(rows)).round(2),
        }
    )


if __name__ == "__main__":
    bucket = urlsplit(os.environ["FEATURES_URL"])
    store = (
        pyarrow.fs.GcsFileSystem()
        if bucket.scheme == "gs"
        else pyarrow.fs.S3FileSystem(endpoint_override=os.environ.get("AWS_ENDPOINT_URL"))
    )
    path = f"{bucket.netloc}/drivers/hourly.parquet"
    if store.get_file_info(path).type == pyarrow.fs.FileType.NotFound:
        now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        pq.write_table(Table.from_pandas(statistics(now)), path, filesystem=store)
        print(f"{path} written")
