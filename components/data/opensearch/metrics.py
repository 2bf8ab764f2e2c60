"""Figures of the nodes for Prometheus."""

from pulumi import Output

from ...base import Text
from ...k8s.volumes import config_files
from ..exporter import USER, Exporter
from .certificates import Certificates

_AUTHORITY = "/etc/opensearch-authority"


def exporter(url: Text, password: Output[str], certificates: Certificates) -> Exporter:
    """Health of the cluster, and what each of its nodes does and holds."""
    return Exporter(
        image="elasticsearch-exporter",
        user=65534,
        port=9114,
        health="/healthz",
        login={"ES_USERNAME": USER, "ES_PASSWORD": password},
        args=[Output.concat("--es.uri=", url), f"--es.ca={_AUTHORITY}/authority.pem", "--es.all"],
        mounts=[config_files("authority", _AUTHORITY, certificates.authority_files)],
    )
