"""A plan of a whole stack, judged by the policy packs, on a machine that has neither a cluster nor a login."""

import os
import tempfile
from dataclasses import replace
from pathlib import Path

from local import packs
from local.environment import Surroundings


def judge(name: str) -> None:
    """Preview the stack with every pack, against no cluster. Raises LocalError for what a mandatory rule refuses."""
    with tempfile.TemporaryDirectory(prefix="check-") as folder:
        stack = Surroundings(given_kubeconfig=None, has_engine=False).stack(name, print)
        environment = {**stack.environment, "KUBECONFIG": os.devnull, "KUBERNETES_PLAN_ONLY": "true"}
        stack = replace(stack, home=Path(folder), environment=environment)
        stack.prepare(lambda _: None)
        stack.run("preview", *packs.options(name))
