"""Plans of whole stacks, judged on a machine that has neither a cluster nor a login, and what they come to."""

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

from local import packs
from local.environment import Surroundings
from local.errors import LocalError
from local.paths import CACHE
from local.plugins.planned import custom, objects
from local.plugins.values import UNKNOWN
from local.stack import Stack
from policies.open_source.reading import UNKNOWN as UNKNOWN_TO_RULES
from policies.outside.configuration import settings
from policies.outside.errors import Unusable
from policies.report.events import Finding, Planned, Preview, read
from policies.report.forms import FORMATS
from policies.report.report import Report, report

__all__ = ["FORMATS", "alone", "check", "judge", "misfits"]

_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
_RULE = "schema"
"""By which a Kubernetes object is refused that neither its SDK nor its definition knows so."""
_NOT_DEFINED = "is not validated but for its metadata: the plan has no CustomResourceDefinition of that kind"


def judge(names: Sequence[str], form: str) -> None:
    """Print a report on each stack; what the engine says goes to standard error. Raises LocalError if one fails."""
    surroundings = Surroundings(given_kubeconfig=None, has_engine=False)
    reports = []
    with redirect_stdout(sys.stderr):
        for name in names:
            reports.append(check(surroundings.stack(name, print)))
    print(FORMATS[form](reports))
    failed = [one.stack for one in reports if not one.passed]
    if failed:
        raise LocalError(f"{', '.join(failed)} must not be made like this", "the findings are in the report above")


def check(stack: Stack) -> Report:
    """Preview a stack with every pack."""
    with alone(stack) as planned:
        events = planned.home / "events.json"
        failure = None
        try:
            planned.run("preview", f"--event-log={events}", *packs.options(stack.name))
        except LocalError as error:
            failure = error
        preview = read(events, stack.name) if events.exists() else Preview(stack.name)
    try:
        said = settings(packs.settings(stack.name))
    except Unusable as error:
        raise LocalError(str(error), "mend that and run it again") from error
    made = report(preview, said, list(misfits(preview.resources)))
    if failure and made.passed:
        return replace(made, preview=replace(made.preview, errors=(str(failure),)))
    return made


@contextmanager
def alone(stack: Stack) -> Iterator[Stack]:
    """The stack against no cluster, in a home that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="plan-") as folder:
        made = replace(stack, home=Path(folder), environment=_alone(stack.environment))
        made.prepare(lambda _: None)
        yield made


def _alone(environment: Mapping[str, str]) -> dict[str, str]:
    """Without a cluster, with the engine's event log, and with compiled SDKs: a cloud's takes seconds to compile, in
    each of two processes, and whoever keeps Python from writing that down has it written into our cache instead."""
    own = {"KUBECONFIG": os.devnull, "KUBERNETES_PLAN_ONLY": "true", "PULUMI_DEBUG_COMMANDS": "true"}
    if environment.get(_NO_BYTECODE):
        own |= {_NO_BYTECODE: "", "PYTHONPYCACHEPREFIX": str(CACHE / "bytecode")}
    return {**environment, **own}


def misfits(resources: Sequence[Planned]) -> Iterator[Finding]:
    """Kubernetes objects that the SDK's types don't allow, or the plan's own definitions of their kinds, with the path
    of each mistake; and those that nothing here defines."""
    objects_of_plan = [(one, _own(one.props)) for one in resources if one.token.startswith(f"{objects.PROVIDER}:")]
    kinds = custom.defined((one.token, inputs) for one, inputs in objects_of_plan)
    for one, inputs in objects_of_plan:
        problems = list(objects.wrong(one.token, inputs))
        if objects.is_custom(one.token):
            name = custom.named(one.token)
            if definition := kinds.get((name.group, name.kind)):
                problems += definition.wrong(name, inputs)
            else:
                yield Finding(_RULE, one.urn, f"{name} {_NOT_DEFINED}", refused=False)
        for path, reason in problems:
            yield Finding(_RULE, one.urn, f"{path}: {reason}", refused=True)


def _own(value: Any) -> Any:
    """What the rules call unknown, as the providers here call it."""
    if isinstance(value, dict):
        return {key: _own(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_own(item) for item in value]
    return UNKNOWN if value is UNKNOWN_TO_RULES else value
