"""Volume claims: bound, unless their class binds them only once a pod uses them."""

from local.plugins.kubernetes.api import Api
from local.plugins.kubernetes.paths import dig
from local.plugins.kubernetes.waits.pods import warnings_about
from local.plugins.kubernetes.waits.verdict import READY, Document, Verdict, hopeless, waiting

_FIRST_CONSUMER = "WaitForFirstConsumer"


def volume_claim(live: Document, api: Api) -> Verdict:
    phase = dig(live, "status", "phase", default="Pending")
    if phase == "Bound":
        return READY
    if phase == "Lost":
        return hopeless("its volume is lost")
    if _binds_later(live, api):
        return READY
    return waiting("no volume is bound yet", warnings_about(live, api))


def volume(live: Document, api: Api) -> Verdict:
    phase = dig(live, "status", "phase", default="Pending")
    if phase == "Failed":
        return hopeless(f"the volume failed: {dig(live, 'status', 'message', default='')}")
    return waiting("the volume is pending") if phase == "Pending" else READY


def _binds_later(live: Document, api: Api) -> bool:
    name = dig(live, "spec", "storageClassName", default="")
    if not name:
        return False
    found = api.find(f"/apis/storage.k8s.io/v1/storageclasses/{name}")
    return dig(found, "volumeBindingMode") == _FIRST_CONSUMER
