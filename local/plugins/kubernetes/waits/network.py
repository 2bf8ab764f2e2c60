"""Services: usable once they lead somewhere.

An Ingress is not waited for: a cluster need not have a controller that ever gives it an address.
"""

from local.plugins.kubernetes.api import Api, ApiError
from local.plugins.kubernetes.paths import dig
from local.plugins.kubernetes.waits.pods import label_selector
from local.plugins.kubernetes.waits.verdict import READY, Document, Verdict, namespace_of, waiting


def service(live: Document, api: Api) -> Verdict:
    """A load balancer needs its address; any other Service of pods that exist needs one of them to be ready.

    Pods that do not exist yet are not waited for: what makes them may itself wait for this Service.
    """
    kind = dig(live, "spec", "type", default="ClusterIP")
    if kind == "LoadBalancer" and not dig(live, "status", "loadBalancer", "ingress"):
        return waiting("no load balancer has given it an address")
    selector = dig(live, "spec", "selector")
    if kind == "ExternalName" or dig(live, "spec", "clusterIP") == "None" or not selector:
        return READY
    if dig(live, "spec", "publishNotReadyAddresses") or not _pods_exist(live, selector, api):
        return READY
    return READY if _has_endpoint(live, api) else waiting("none of its pods is ready")


def _pods_exist(live: Document, selector: Document, api: Api) -> bool:
    path = f"/api/v1/namespaces/{namespace_of(live)}/pods"
    return bool(api.get(path, labelSelector=label_selector({"matchLabels": selector}), limit="1")["items"])


def _has_endpoint(live: Document, api: Api) -> bool:
    path = f"/apis/discovery.k8s.io/v1/namespaces/{namespace_of(live)}/endpointslices"
    try:
        slices = api.get(path, labelSelector=f"kubernetes.io/service-name={live['metadata']['name']}")["items"]
    except ApiError:
        return True
    return any(
        dig(endpoint, "conditions", "ready", default=True)
        for item in slices
        for endpoint in item.get("endpoints") or []
    )
