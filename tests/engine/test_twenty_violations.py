"""A demo with twenty mistakes, one in each object, on the real engine: each is a finding of its own, and readable."""

import re
from dataclasses import replace
from pathlib import Path

from tests.engine.project import Project

POLICIES = Path(__file__).parents[2] / "policies"
GOOD = "docker.io/valkey/valkey:9.1.1"

# Name of the object -> the rule that refuses it, and the change that makes a good pod bad.
MISTAKES = {
    "closed-licence": ("open-source-images", "c['image'] = 'redis:7.4.1'"),
    "unknown-image": ("open-source-images", "c['image'] = 'docker.io/acme/tool:1.2'"),
    "only-partly-open": ("open-source-images", "c['image'] = 'docker.io/langfuse/langfuse:3.1.0'"),
    "abandoned": ("open-source-images", "c['image'] = 'quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z'"),
    "no-tag": ("pinned-images", "c['image'] = 'docker.io/valkey/valkey'"),
    "latest": ("pinned-images", "c['image'] = 'docker.io/valkey/valkey:latest'"),
    "strange-registry": ("allowed-registries", "c['image'] = 'cr.flyte.org/flyteorg/flyteadmin:v1.16.0'"),
    "hidden-sidecar": ("open-source-images", "s['initContainers'] = [{**c, 'name': 'i', 'image': 'redis:7.4.1'}]"),
    "privileged": ("no-privilege", "c['securityContext']['privileged'] = True"),
    "host-network": ("no-host-namespaces", "s['hostNetwork'] = True"),
    "host-path": ("no-host-volumes", "s['volumes'] = [{'name': 'root', 'hostPath': {'path': '/'}}]"),
    "host-port": ("no-host-ports", "c['ports'] = [{'containerPort': 80, 'hostPort': 80}]"),
    "root": ("non-root", "c['securityContext']['runAsUser'] = 0"),
    "escalation": ("no-escalation", "del c['securityContext']['allowPrivilegeEscalation']"),
    "capabilities": ("no-capabilities", "c['securityContext']['capabilities']['add'] = ['SYS_ADMIN']"),
    "unconfined": ("seccomp", "c['securityContext']['seccompProfile'] = {'type': 'Unconfined'}"),
    "writable": ("read-only-root", "c['securityContext']['readOnlyRootFilesystem'] = False"),
    "unbounded": ("bounded-resources", "del c['resources']['limits']"),
    "password": ("no-secrets-in-the-clear", "c['env'] = [{'name': 'DB_PASSWORD', 'value': 'correct horse'}]"),
    "key": ("no-secrets-in-the-clear", "c['args'] = ['AKIA' + 'ABCDEFGHIJKLMNOP']"),
}

PROGRAM = """
    def pod():
        security = {{
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "runAsNonRoot": True,
            "capabilities": {{"drop": ["ALL"]}}, "seccompProfile": {{"type": "RuntimeDefault"}},
        }}
        bounds = {{"requests": {{"cpu": "10m", "memory": "16Mi"}}, "limits": {{"memory": "64Mi"}}}}
        return {{"containers": [{{"name": "c", "image": "{good}", "securityContext": security, "resources": bounds}}]}}

    def make(name, change):
        s = pod()
        exec(change, {{"s": s, "c": s["containers"][0]}})
        k8s.core.v1.Pod(name, metadata={{"name": name, "namespace": "default"}}, spec=s)

    make("good", "")
"""


def test_twenty_mistakes_are_twenty_findings_and_what_is_good_is_not_among_them(bare_project: Project):
    # Without a cluster: the API server would refuse some of them by itself.
    project = replace(bare_project, environment={**bare_project.environment, "KUBERNETES_PLAN_ONLY": "true"})
    made = [f"    make({name!r}, {change!r})\n" for name, (_, change) in MISTAKES.items()]
    project.write(PROGRAM.format(good=GOOD) + "".join(made))
    packs = [f"--policy-pack={POLICIES / name}" for name in ("open_source", "guardrails")]
    said = project.refused("preview", *packs)
    found = re.findall(r"\[mandatory\].*?(\S+) +\(kubernetes:core/v1:Pod: (\S+)\)", said)
    assert sorted(found) == sorted((rule, name) for name, (rule, _) in MISTAKES.items()) and len(found) == 20
    assert "correct horse" not in said and "AKIAABCD" not in said
