"""What each of Airflow's accounts may ask of the Kubernetes API: all of it in the namespace of the runs."""

from ...k8s.rbac import Rule

EXECUTOR = (
    # Starts a task's pod, follows it to its end, takes over those of a scheduler that died, and removes them.
    Rule("", ["pods"], ["create", "get", "list", "watch", "patch", "delete"]),
)

TASK = (
    # Starts a step's pod, marks it as looked at, finds it again after a restart, and removes it.
    Rule("", ["pods"], ["create", "get", "list", "patch", "delete"]),
    # Copies its log into the task's.
    Rule("", ["pods/log"], ["get"]),
    # Says why it does not start.
    Rule("", ["events"], ["list"]),
)

API_SERVER = (
    # Shows the log of a task that still runs.
    Rule("", ["pods"], ["list"]),
    Rule("", ["pods/log"], ["get"]),
)

TRIGGERER = (
    # Waits for the pods of deferred tasks, and removes one whose task is cleared meanwhile.
    Rule("", ["pods"], ["get", "delete"]),
    Rule("", ["pods/log"], ["get"]),
    Rule("", ["events"], ["list", "watch"]),
)

CLEANER = (Rule("", ["pods"], ["list", "delete"]),)
