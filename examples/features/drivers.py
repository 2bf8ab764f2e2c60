"""How many trips drivers make, and how they are rated: known for the past, and by the hour for now."""

import os
from datetime import timedelta

from feast import Entity, FeatureService, FeatureView, Field, FileSource, ValueType
from feast.types import Float64, Int64

driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64)

hourly = FileSource(
    name="hourly_statistics",
    path=f"{os.environ['FEATURES_URL']}/drivers/hourly.parquet",
    # Where the bucket is Amazon's own, or Google's, there is none.
    s3_endpoint_override=os.environ.get("AWS_ENDPOINT_URL", ""),
    timestamp_field="event_timestamp",
    created_timestamp_column="created",
)

statistics = FeatureView(
    name="driver_statistics",
    entities=[driver],
    # Older values count as unknown.
    ttl=timedelta(days=7),
    schema=[
        Field(name="driver_id", dtype=Int64),
        Field(name="trips_today", dtype=Int64),
        Field(name="rating", dtype=Float64),
    ],
    source=hourly,
    online=True,
)

ranking = FeatureService(name="driver_ranking", features=[statistics])
