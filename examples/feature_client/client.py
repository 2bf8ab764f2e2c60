"""What a model is trained on, and what it is served with: the same features of the same drivers, by Feast's own SDK.

Runs in a pod of a namespace that may read, whose account's token is mounted; /client holds its feature_store.yaml.
"""

import json
from datetime import UTC, datetime

import pandas as pd
from feast import Entity, FeatureStore
from feast.errors import FeastPermissionError

DRIVERS = [1001, 1002, 1003]
FEATURES = ["rating", "trips_today"]


def changed(store: FeatureStore) -> bool:
    """Whether this account can change definitions, which takes more than reading."""
    try:
        store.apply(Entity(name="intruder", join_keys=["intruder_id"]))
    except (FeastPermissionError, PermissionError):
        return False
    return True


store = FeatureStore(repo_path="/client")
ranking = store.get_feature_service("driver_ranking")

asked = pd.DataFrame({"driver_id": DRIVERS, "event_timestamp": datetime.now(UTC)})
training = store.get_historical_features(entity_df=asked, features=ranking).to_df()
serving = store.get_online_features(features=ranking, entity_rows=[{"driver_id": one} for one in DRIVERS]).to_df()

tables = {"training": training, "serving": serving}
found = {name: table.set_index("driver_id").sort_index()[FEATURES].to_dict("list") for name, table in tables.items()}
print(json.dumps({**found, "changed": changed(store)}))
