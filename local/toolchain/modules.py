"""Which Go modules are built, and into which binaries. Each folder beside this file pins one by go.mod and go.sum."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Module:
    """One folder with a go.mod: what to build from it, and the flags that the linker gets."""

    name: str
    packages: dict[str, str]
    """Binary -> the package that it is built from."""
    variables: tuple[str, ...] = ()
    """`-X` settings, for binaries that learn their own version so."""
    for_images: bool = False
    """Without a C library and without the paths of this machine: for an image that holds little else."""
    completed: str = ""
    """A required module whose published form lacks files: built from a copy of it, with those of `added/` put in."""
    along: tuple[str, tuple[str, ...]] = ("", ())
    """A required module, and folders of it that its programs read at run time: copied beside the binaries."""

    @property
    def folder(self) -> Path:
        return HERE / self.name

    @property
    def linker_flags(self) -> str:
        return " ".join(["-s", "-w", *(f"-X {variable}" for variable in self.variables)])

    def digest(self, go_version: str) -> str:
        """Changes with anything that the binaries are built from."""
        told = hashlib.sha256(f"{go_version} {sorted(self.packages.items())} {self.linker_flags}".encode())
        told.update(f" for images {self.completed}".encode() if self.for_images else b"")
        told.update(f" along {self.along}".encode() if self.along[1] else b"")
        for file in sorted(path for path in self.folder.rglob("*") if path.is_file()):
            told.update(str(file.relative_to(self.folder)).encode() + b"\0" + file.read_bytes())
        return told.hexdigest()[:16]


def _kubernetes() -> Module:
    commands = ("kube-apiserver", "kube-controller-manager", "kube-proxy", "kube-scheduler", "kubectl", "kubelet")
    version = "k8s.io/component-base/version"
    return Module(
        "kubernetes",
        {command: f"k8s.io/kubernetes/cmd/{command}" for command in commands},
        (f"{version}.gitVersion=v1.37.2", f"{version}.gitMajor=1", f"{version}.gitMinor=37"),
    )


ENGINE = (Module("pulumi", {"pulumi": "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"}),)
CLUSTER = (
    _kubernetes(),
    Module("etcd", {"etcd": "go.etcd.io/etcd/server/v3"}),
    Module("coredns", {"coredns": "."}),
    Module("kwok", {"kwok": "sigs.k8s.io/kwok/cmd/kwok"}),
)
PIPELINES = (
    Module(
        "argo",
        {command: f"./cmd/{command}" for command in ("argo", "argoexec", "workflow-controller")},
        ("github.com/argoproj/argo-workflows/v4.version=v4.0.2",),
        for_images=True,
        completed="github.com/argoproj/argo-workflows/v4",
    ),
)
_FLUID = "github.com/fluid-cloudnative/fluid"
DATA = (
    Module(
        "fluid",
        {
            "dataset-controller": f"{_FLUID}/cmd/dataset",
            "alluxioruntime-controller": f"{_FLUID}/cmd/alluxio",
            "fluid-webhook": f"{_FLUID}/cmd/webhook",
            "fluid-csi": f"{_FLUID}/cmd/csi",
        },
        (f"{_FLUID}.version=v1.0.8",),
        for_images=True,
        along=(_FLUID, ("charts", "csi/shell")),
    ),
    Module("helm", {"helm": "helm.sh/helm/v3/cmd/helm"}, for_images=True),
    Module("registrar", {"csi-node-driver-registrar": "."}, for_images=True),
)
METRICS = (
    Module(
        "elasticsearch-exporter",
        {"elasticsearch_exporter": "github.com/prometheus-community/elasticsearch_exporter"},
        ("github.com/prometheus/common/version.Version=1.9.0",),
        for_images=True,
    ),
    Module(
        "redis-exporter",
        {"redis_exporter": "github.com/oliver006/redis_exporter"},
        ("main.BuildVersion=v1.74.0",),
        for_images=True,
    ),
)
QUEUES = (
    Module(
        "kueue",
        {"kueue": "sigs.k8s.io/kueue/cmd/kueue"},
        ("sigs.k8s.io/kueue/pkg/version.GitVersion=v0.11.4",),
        for_images=True,
        along=("sigs.k8s.io/kueue", ("config/components/crd/bases",)),
    ),
)
DATABASES = (
    Module(
        "cloudnative-pg",
        {"manager": "github.com/cloudnative-pg/cloudnative-pg/cmd/manager"},
        ("github.com/cloudnative-pg/cloudnative-pg/pkg/versions.buildVersion=1.27.0",),
        for_images=True,
        along=("github.com/cloudnative-pg/cloudnative-pg", ("config/crd/bases", "config/rbac")),
    ),
)
ACCESS = (
    Module(
        "oauth2-proxy",
        {"oauth2-proxy": "github.com/oauth2-proxy/oauth2-proxy/v7"},
        ("github.com/oauth2-proxy/oauth2-proxy/v7/pkg/version.VERSION=v7.15.6",),
        for_images=True,
    ),
)
_CERT_MANAGER = "github.com/cert-manager/cert-manager"
CERTIFICATES = (
    Module(
        "cert-manager",
        {
            f"cert-manager-{command}": f"./cmd/{command}"
            for command in ("cainjector", "controller", "startupapicheck", "webhook")
        },
        (f"{_CERT_MANAGER}/pkg/util.AppVersion=v1.21.1",),
        for_images=True,
        # Upstream's commands are modules of their own, which proxies lack: what is put in has short ones.
        completed=_CERT_MANAGER,
        along=(_CERT_MANAGER, ("deploy/crds", "deploy/charts/cert-manager/templates")),
    ),
)
TOOLS = (Module("registry", {"registry": "."}, for_images=True),)
"""What only tests start: a registry to push to and to pull from."""
LANGUAGES = (Module("yaml", {"pulumi-language-yaml": "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml"}),)
"""Hosts of further languages, for tests of the plugin: of all there are, YAML's alone is a Go module."""
IN_IMAGES = {
    module.name: module for module in (*PIPELINES, *DATA, *METRICS, *QUEUES, *DATABASES, *ACCESS, *CERTIFICATES)
}
"""Modules that images are made of; the cluster itself needs none of them."""
