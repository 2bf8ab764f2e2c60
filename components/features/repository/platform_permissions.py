"""Who may do what, applied with every repository: without any permission, Feast lets everyone with a login do all."""

import json
import os

from feast.permissions.action import ALL_ACTIONS, AuthzedAction
from feast.permissions.permission import Permission
from feast.permissions.policy import CombinedGroupNamespacePolicy

KNOWN = json.loads(os.environ["PLATFORM_PERMISSIONS"])


def those(role: str) -> CombinedGroupNamespacePolicy:
    """People by their groups, service accounts by their namespaces."""
    return CombinedGroupNamespacePolicy(groups=KNOWN[role]["groups"], namespaces=KNOWN[role]["namespaces"])


readers = Permission(
    name="platform-readers",
    actions=[AuthzedAction.DESCRIBE, AuthzedAction.READ_ONLINE, AuthzedAction.READ_OFFLINE],
    policy=those("readers"),
)
writers = Permission(name="platform-writers", actions=ALL_ACTIONS, policy=those("writers"))
