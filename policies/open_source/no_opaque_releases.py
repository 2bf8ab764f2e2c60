"""The rule on releases that no rule can look into."""

from pulumi_policy import ReportViolation, ResourceValidationArgs, Severity

from .kinds import Kind, of_body, of_resource
from .reading import read
from .rule import policy

_CHART = "Use kubernetes.helm.v4.Chart, which registers every object, or the objects themselves."
_OBJECTS = "Register the objects themselves."
_OPAQUE = {
    Kind("helm.sh", "Release"): _CHART,
    Kind("helm.cattle.io", "HelmChart"): _CHART,
    Kind("helm.toolkit.fluxcd.io", "HelmRelease"): _CHART,
    Kind("kustomize.toolkit.fluxcd.io", "Kustomization"): _OBJECTS,
    Kind("argoproj.io", "Application"): _OBJECTS,
    Kind("argoproj.io", "ApplicationSet"): _OBJECTS,
}


def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
    stated = {key: read(args.props, key) for key in ("apiVersion", "kind")}
    for kind in {of_resource(args.resource_type), of_body(stated)}:
        if kind in _OPAQUE:
            report(f"A {kind.name} hides its images and permissions from every rule. {_OPAQUE[kind]}", None)


no_opaque_releases = policy(
    name="no-opaque-releases",
    description="No release renders objects where no rule can see them.",
    validate=validate,
    severity=Severity.HIGH,
)
