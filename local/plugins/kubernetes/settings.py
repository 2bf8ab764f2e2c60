"""The provider's own settings, from its arguments and the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_TRUE = {"true", "True", "1", True}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a program may say on `kubernetes.Provider`."""

    kubeconfig: str | None = None
    context: str | None = None
    cluster: str | None = None
    namespace: str | None = None
    cluster_identifier: str | None = None
    config_map_mutable: bool = False
    secret_mutable: bool = False
    delete_unreachable: bool = False
    skip_update_unreachable: bool = False
    patch_force: bool = False
    upsert: bool = False
    suppress_deprecation_warnings: bool = False
    timeout: float = 60.0


_UNSUPPORTED = {
    "renderYamlToDirectory": "rendering manifests to a folder",
}
_KNOWN = {
    "alwaysRender",
    "cluster",
    "clusterIdentifier",
    "context",
    "deleteUnreachable",
    "enableConfigMapMutable",
    "enablePatchForce",
    "enableSecretMutable",
    "enableServerSideApply",
    "helmReleaseSettings",
    "kubeClientSettings",
    "kubeconfig",
    "namespace",
    "renderYamlToDirectory",
    "skipUpdateUnreachable",
    "suppressDeprecationWarnings",
    "suppressHelmHookWarnings",
    "upsertExistingObjects",
    "version",
    "pluginDownloadURL",
}


def problems(given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(setting, what is wrong with it) for what this provider cannot do."""
    wrong = [(name, f"is no setting of the kubernetes provider; it has {', '.join(sorted(_KNOWN))}") for name in given]
    wrong = [(name, reason) for name, reason in wrong if name not in _KNOWN and not name.startswith("__")]
    wrong += [(name, f"{what} is not supported here") for name, what in _UNSUPPORTED.items() if given.get(name)]
    if str(given.get("enableServerSideApply", "true")).lower() == "false":
        wrong.append(("enableServerSideApply", "client-side apply is not supported here: leave it on"))
    return wrong


def settings(given: Mapping[str, Any]) -> Settings:
    """The settings in `given` (as the engine configures the provider), else in the environment."""

    def text(name: str, variable: str) -> str | None:
        return given.get(name) or os.environ.get(variable) or None

    def flag(name: str, variable: str) -> bool:
        value = given.get(name)
        return value in _TRUE if value is not None else os.environ.get(variable) in _TRUE

    client = given.get("kubeClientSettings") or {}
    timeout = client.get("timeout") if isinstance(client, Mapping) else None
    return Settings(
        kubeconfig=given.get("kubeconfig") or None,
        context=text("context", "PULUMI_K8S_CONTEXT"),
        cluster=text("cluster", "PULUMI_K8S_CLUSTER"),
        namespace=text("namespace", "PULUMI_K8S_NAMESPACE"),
        cluster_identifier=text("clusterIdentifier", "PULUMI_K8S_CLUSTER_IDENTIFIER"),
        config_map_mutable=flag("enableConfigMapMutable", "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE"),
        secret_mutable=flag("enableSecretMutable", "PULUMI_K8S_ENABLE_SECRET_MUTABLE"),
        delete_unreachable=flag("deleteUnreachable", "PULUMI_K8S_DELETE_UNREACHABLE"),
        skip_update_unreachable=flag("skipUpdateUnreachable", "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE"),
        patch_force=flag("enablePatchForce", "PULUMI_K8S_ENABLE_PATCH_FORCE"),
        upsert=flag("upsertExistingObjects", "PULUMI_K8S_UPSERT_EXISTING_OBJECTS"),
        suppress_deprecation_warnings=flag("suppressDeprecationWarnings", "PULUMI_K8S_SUPPRESS_DEPRECATION_WARNINGS"),
        timeout=float(timeout) if timeout else 60.0,
    )
