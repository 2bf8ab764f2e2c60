"""MLRun's web page: nginx with the page's files, and the way from there to the API."""

from collections.abc import Mapping

from pulumi import Input

from ...catalog import image
from ...k8s.labels import Identity
from ...k8s.probes import Probes
from ...k8s.volumes import scratch
from ...k8s.workload import Workload
from .settings import MlrunSettings

UI_PORT = 8090
_USER = 101  # `nginx` in the image
_CONFIGURATION, _PAGE = "/etc/nginx/conf.d", "/usr/share/nginx/html"

# At each start the image fills in templates, beside the files that it serves. Copies of both can be written to.
_COPY = f"cp -rf {_CONFIGURATION}/. /writable/conf && cp -rf {_PAGE}/. /writable/html"


def ui(name: str, settings: MlrunSettings, environment: Mapping[str, Input[str]]) -> Workload:
    """Without a login of its own; what it shows it asks the API for, which has one."""
    server = image(settings.images.ui).reference
    identity = Identity("mlrun-ui", name)
    copy = Workload(
        identity=identity,
        name="copy",
        image=server,
        user=_USER,
        command=["sh", "-euc", _COPY],
        mounts=[scratch("conf", "/writable/conf", "16Mi"), scratch("html", "/writable/html", "256Mi")],
        resources=settings.ui_resources,
    )
    return Workload(
        identity=identity,
        image=server,
        user=_USER,
        ports={"http": UI_PORT},
        env=environment,
        mounts=[
            scratch("conf", _CONFIGURATION, "16Mi"),
            scratch("html", _PAGE, "256Mi"),
            scratch("cache", "/var/cache/nginx", "64Mi"),
            scratch("run", "/var/run", "16Mi"),
            scratch("tmp", "/tmp", "64Mi"),
        ],
        probes=Probes(port=UI_PORT, path="/"),
        resources=settings.ui_resources,
        replicas=settings.ui_replicas,
        before=[copy],
    )
