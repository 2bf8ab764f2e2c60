"""The files that OpenSearch and its security plugin read; YAML is written as JSON, which it includes."""

import json
from collections.abc import Mapping
from typing import Any

from ..exporter import USER as METRICS
from .certificates import ADMINISTRATOR, NODE

HTTPS, TRANSPORT = 9200, 9300
ADMIN, CLIENT, BACKUP = "admin", "platform", "backup"

JVM = """-XX:+UseG1GC
-XX:+ExitOnOutOfMemoryError
-Djava.io.tmpdir=/tmp
-Djava.security.manager=allow
"""

LOGGING = """status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%c{1.}] [%node_name]%marker %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
"""

# Whatever a client of the platform does with its own indices, and nothing about users, settings or nodes.
_CLIENTS_RIGHTS = {
    "cluster_permissions": [
        "cluster_composite_ops",
        "cluster_monitor",
        "cluster_manage_index_templates",
        "cluster:admin/ingest/pipeline/*",
        "cluster:admin/script/*",
        "cluster:admin/opendistro/ism/*",
    ],
    "index_permissions": [{"index_patterns": ["*"], "allowed_actions": ["indices_all"]}],
}
_RIGHTS: dict[str, dict[str, Any]] = {
    CLIENT: _CLIENTS_RIGHTS,
    METRICS: {"cluster_permissions": ["cluster_monitor"]},
    # Has what is in memory written to the disk, and sees none of it.
    BACKUP: {"index_permissions": [{"index_patterns": ["*"], "allowed_actions": ["indices:admin/flush*"]}]},
}
USERS = (ADMIN, *_RIGHTS)


def server(name: str, domain: str, nodes: int, store_password: str) -> str:
    """opensearch.yml: in a Secret, for the password of the key stores in it."""
    stores = {
        f"plugins.security.ssl.{layer}.{store}": value
        for layer in ("http", "transport")
        for store, value in {
            "keystore_type": "PKCS12",
            "keystore_filepath": "node.p12",
            "keystore_alias": "node",
            "keystore_password": store_password,
            "truststore_type": "PKCS12",
            "truststore_filepath": "trust.p12",
            "truststore_password": store_password,
        }.items()
    }
    discovery = {"discovery.type": "single-node"} if nodes == 1 else {"discovery.seed_hosts": [domain]}
    settings = {
        "cluster.name": name,
        "node.name": "${POD_NAME}",
        "network.host": "0.0.0.0",
        "network.publish_host": "${POD_IP}",
        "http.port": HTTPS,
        "transport.port": TRANSPORT,
        "path.data": "/usr/share/opensearch/data",
        "path.logs": "/tmp",
        # Memory maps of indices need a kernel setting that only a privileged pod could change.
        "node.store.allow_mmap": False,
        **discovery,
        **stores,
        "plugins.security.ssl.http.enabled": True,
        # The authority signs for nodes alone; they are known by their subject, whatever address they come from.
        "plugins.security.ssl.transport.enforce_hostname_verification": False,
        "plugins.security.nodes_dn": [NODE],
        "plugins.security.authcz.admin_dn": [ADMINISTRATOR],
        "plugins.security.allow_default_init_securityindex": True,
        "plugins.security.restapi.roles_enabled": ["all_access", "security_rest_api_access"],
    }
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in settings.items())


def access() -> dict[str, str]:
    """File -> content of the rules by which a new cluster starts: one way to log in, and nobody who may."""
    basic = {
        "http_enabled": True,
        "transport_enabled": True,
        "order": 0,
        "http_authenticator": {"type": "basic", "challenge": True},
        "authentication_backend": {"type": "internal"},
    }
    dynamic = {"http": {"anonymous_auth_enabled": False}, "authc": {"basic_internal_auth_domain": basic}}
    empty = {"roles": "roles", "roles_mapping": "rolesmapping", "internal_users": "internalusers"}
    empty |= {"action_groups": "actiongroups", "tenants": "tenants"}
    return {
        "config.yml": _file("config", {"config": {"dynamic": dynamic}}),
        **{f"{name}.yml": _file(kind, {}) for name, kind in empty.items()},
    }


def accounts(hashes: Mapping[str, str]) -> dict[str, str]:
    """Kind of the plugin's API -> changes there, in the order in which they are made, from each user's bcrypt hash."""
    return {
        "internalusers": _changes({user: {"hash": known, "reserved": True} for user, known in hashes.items()}),
        "roles": _changes(_RIGHTS),
        "rolesmapping": _changes({"all_access": {"users": [ADMIN]}, **{who: {"users": [who]} for who in _RIGHTS}}),
    }


def _changes(wanted: Mapping[str, Any]) -> str:
    """As JSON Patch has it; what is there already is put anew."""
    return json.dumps([{"op": "add", "path": f"/{name}", "value": value} for name, value in wanted.items()])


def _file(kind: str, content: Mapping[str, Any]) -> str:
    return json.dumps({"_meta": {"type": kind, "config_version": 2}, **content}, indent=1) + "\n"
