"""The life of objects on a real API server."""

import json

from tests.engine.project import Project
from tests.engine.server import Server

LIFE = """
    password = random.RandomPassword("password", length=16)
    team = k8s.core.v1.Namespace("team")
    place = {{"namespace": team.metadata.name}}
    settings = k8s.core.v1.ConfigMap("settings", metadata=place, data={{"level": "{level}"}})
    credentials = k8s.core.v1.Secret("credentials", metadata=place, string_data={{"password": password.result}})
    web = k8s.core.v1.Service("web", metadata={{**place, "name": "web", "labels": {{"tier": "front"}}}},
        spec={{"selector": {{"app": "web"}}, "ports": [{{"name": "http", "port": {port}}}]}})
    rules = k8s.networking.v1.NetworkPolicy("rules", metadata=place, spec={{
        "podSelector": {{}}, "policyTypes": ["Ingress"],
        "ingress": [{{"from": [{{"podSelector": {{"matchLabels": {{"app": "web"}}}}}}]}}]}})
    pulumi.export("namespace", team.metadata.name)
    pulumi.export("settings", settings.metadata.name)
    pulumi.export("credentials", credentials.metadata.name)
    pulumi.export("rules", rules.metadata.name)
    pulumi.export("address", web.spec.cluster_ip)
    pulumi.export("data", credentials.data)
    pulumi.export("password", password.result)
"""


def test_objects_are_made_kept_repaired_replaced_and_destroyed(project: Project, server: Server) -> None:
    project.write(LIFE.format(level=1, port=80))
    preview = project.preview().text
    assert "address    : [unknown]" in preview and "data       : [unknown]" in preview

    assert project.up().changes == {"created": 7}
    outputs = project.outputs()
    namespace, settings = outputs["namespace"], outputs["settings"]
    live = server.get("configmap", settings, "-n", namespace)
    assert live["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "pulumi"}
    assert live["metadata"]["annotations"] == {"pulumi.com/autonamed": "true"}
    assert live["metadata"]["managedFields"][0]["operation"] == "Apply"
    assert outputs["address"].startswith("10.98.")
    secret = server.get("secret", outputs["credentials"], "-n", namespace)
    assert outputs["data"]["password"] == secret["data"]["password"]

    assert project.up().changes == {"unchanged": 7}
    assert project.refresh().changes == {"unchanged": 7}
    _edits_by_hand_are_found_and_repaired(project, server, outputs)

    project.write(LIFE.format(level=2, port=81))
    changed = project.up("--diff")
    assert changed.changes["updated"] == 1 and changed.changes["replaced"] == 1
    after = project.outputs()
    assert after["settings"] != settings and after["address"] == outputs["address"]
    assert not server.exists("configmap", settings, "-n", namespace)
    assert server.get("service", "web", "-n", namespace)["spec"]["ports"][0]["port"] == 81

    stored = json.dumps(project.state())
    assert outputs["password"] not in stored and outputs["data"]["password"] not in stored
    project.destroy()
    assert not server.exists("namespace", namespace)


def _edits_by_hand_are_found_and_repaired(project: Project, server: Server, outputs: dict[str, str]) -> None:
    where = ("-n", outputs["namespace"])
    server.kubectl("label", "service", "web", "tier=back", "stray=yes", "--overwrite", *where)
    server.kubectl("patch", "service", "web", *where, "-p", '{"spec": {"ports": [{"port": 80, "targetPort": 8080}]}}')
    grown = '[{"op": "add", "path": "/spec/ingress/-", "value": {}}]'
    server.kubectl("patch", "networkpolicy", outputs["rules"], *where, "--type=json", "-p", grown)
    server.kubectl("delete", "secret", outputs["credentials"], *where)

    found = project.refresh("--diff")
    assert found.changes["updated"] == 2 and found.changes["deleted"] == 1, found.text
    assert '"front" => "back"' in found.text
    repaired = project.up("--diff")
    assert repaired.changes["updated"] == 2 and repaired.changes["created"] == 1, repaired.text
    web = server.get("service", "web", *where)
    assert web["metadata"]["labels"]["tier"] == "front"
    # What the program does not set is not its business.
    assert web["metadata"]["labels"]["stray"] == "yes"
    assert len(server.get("networkpolicy", outputs["rules"], *where)["spec"]["ingress"]) == 1
    assert project.up().changes == {"unchanged": 7}
    assert project.refresh().changes == {"unchanged": 7}


def test_a_kind_that_the_same_update_defines_can_be_used_in_it(project: Project, server: Server) -> None:
    project.write("""
        spec = {"type": "object", "properties": {"size": {"type": "integer"}}}
        schema = {"type": "object", "properties": {"spec": spec}}
        group = "tests.example.org"
        kinds = k8s.apiextensions.v1.CustomResourceDefinition("widgets", metadata={"name": f"widgets.{group}"}, spec={
            "group": group, "scope": "Namespaced",
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}]})
        widget = k8s.apiextensions.CustomResource("widget", api_version=f"{group}/v1", kind="Widget",
            metadata={"namespace": "default"}, spec={"size": 3}, opts=pulumi.ResourceOptions(depends_on=[kinds]))
        pulumi.export("widget", widget.metadata["name"])
    """)
    project.preview()
    assert project.up().changes == {"created": 3}
    name = project.outputs()["widget"]
    assert server.get("widget", name)["spec"]["size"] == 3
    assert project.up().changes == {"unchanged": 3}
    server.kubectl("patch", "widget", name, "--type=merge", "-p", '{"spec": {"size": 5}}')
    project.refresh()
    assert project.up().changes["updated"] == 1
    assert server.get("widget", name)["spec"]["size"] == 3
    project.destroy()
    assert not server.exists("customresourcedefinition", "widgets.tests.example.org")


def test_a_fixed_name_is_replaced_by_deleting_first_and_an_immutable_field_is_noticed(project: Project) -> None:
    program = """
        k8s.core.v1.ConfigMap("fixed", metadata={{"name": "fixed", "namespace": "default"}}, data={{"a": "{value}"}})
        k8s.rbac.v1.Role("reader", metadata={{"name": "reader", "namespace": "default"}}, rules=[])
        k8s.rbac.v1.RoleBinding("bound", metadata={{"name": "bound", "namespace": "default"}},
            role_ref={{"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "{role}"}})
        k8s.policy.v1.PodDisruptionBudget("budget", metadata={{"namespace": "default"}},
            spec={{"minAvailable": {least}, "selector": {{"matchLabels": {{"app": "{value}"}}}}}})
        k8s.storage.v1.StorageClass("class", metadata={{"name": "test-class"}}, provisioner="example.org/none",
            volume_binding_mode="{mode}")
        k8s.core.v1.ServiceAccount("account", metadata={{"namespace": "default"}},
            automount_service_account_token=False)
    """
    project.write(program.format(value="1", role="reader", least=1, mode="Immediate"))
    project.up()
    project.write(program.format(value="2", role="other", least=2, mode="WaitForFirstConsumer"))
    preview = project.preview("--diff").text
    assert "replace" in preview
    changed = project.up()
    assert changed.changes["replaced"] == 3 and changed.changes["updated"] == 1, changed.text


def test_an_existing_object_is_refused_imported_and_kept(project: Project, server: Server) -> None:
    server.kubectl("create", "configmap", "older", "--from-literal=a=1")
    program = """
        k8s.core.v1.ConfigMap("older", metadata={{"name": "older", "namespace": "default"}}, data={{"a": "1"}}{options})
    """
    project.write(program.format(options=""))
    said = project.refused("up", "--yes", "--skip-preview")
    assert "already exists" in said and "import" in said
    project.write(program.format(options=', opts=pulumi.ResourceOptions(import_="default/older", protect=False)'))
    assert project.up().changes["imported"] == 1
    project.write(program.format(options=""))
    assert project.up().changes == {"unchanged": 2}
    project.destroy()
    assert not server.exists("configmap", "older")


def test_a_patch_owns_its_fields_only_and_gives_them_back(project: Project, server: Server) -> None:
    server.kubectl("create", "configmap", "shared", "--from-literal=theirs=1")
    project.write("""
        k8s.core.v1.ConfigMapPatch("part", metadata={"name": "shared", "namespace": "default"}, data={"ours": "2"})
    """)
    project.up()
    assert server.get("configmap", "shared")["data"] == {"theirs": "1", "ours": "2"}
    assert project.up().changes == {"unchanged": 2}
    project.destroy()
    assert server.get("configmap", "shared")["data"] == {"theirs": "1"}
    server.kubectl("delete", "configmap", "shared")


def test_a_controllers_field_is_a_conflict_that_names_it_and_the_way_out(project: Project, server: Server) -> None:
    program = """
        k8s.core.v1.ConfigMap("contested", metadata={{"name": "contested", "namespace": "default",
            "annotations": {notes}}}, data={{"a": "{value}"}}, opts=pulumi.ResourceOptions(provider=provider))
    """
    mutable = '\n        provider = k8s.Provider("mutable", enable_config_map_mutable=True)'
    project.write(mutable + program.format(notes={}, value="1"))
    project.up()
    taken = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "contested"}, "data": {"a": "mine"}}
    apply = ("apply", "--server-side", "--force-conflicts", "--field-manager=some-controller", "-f", "-")
    server.kubectl(*apply, stdin=json.dumps(taken))
    project.write(mutable + program.format(notes={}, value="2"))
    said = project.refused("up", "--yes", "--skip-preview")
    assert ".data.a is managed by some-controller" in said and "pulumi.com/patchForce" in said
    project.write(mutable + program.format(notes={"pulumi.com/patchForce": "true"}, value="2"))
    project.up()
    assert server.get("configmap", "contested")["data"] == {"a": "2"}
