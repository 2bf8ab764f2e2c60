"""Every right by its exact member, role and condition."""

from components.compute.gcp import bindings


def test_a_pod_is_one_account_of_one_namespace_in_the_projects_pool():
    assert bindings.pods("acme-ml", "123456789012", "tracking", "server") == (
        "principal://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/"
        "acme-ml.svc.id.goog/subject/ns/tracking/sa/server"
    )


def test_who_writes_handles_objects_and_who_reads_changes_none():
    assert (bindings.WRITE, bindings.READ) == ("roles/storage.objectUser", "roles/storage.objectViewer")


def test_a_folders_objects_are_not_those_of_a_folder_whose_name_begins_alike():
    below = bindings.below("acme-sales", "north")
    assert below == 'resource.name.startsWith("projects/_/buckets/acme-sales/objects/north/")'


def test_the_key_is_for_googles_own_accounts_of_this_project():
    assert [bindings.google(who, "42") for who in bindings.KEY_USERS] == [
        "serviceAccount:service-42@container-engine-robot.iam.gserviceaccount.com",
        "serviceAccount:service-42@compute-system.iam.gserviceaccount.com",
        "serviceAccount:service-42@gs-project-accounts.iam.gserviceaccount.com",
    ]


def test_an_administrators_role_holds_for_one_cluster():
    assert bindings.this_cluster("acme-ml", "europe-west4", "mlops") == (
        'resource.name == "projects/acme-ml/locations/europe-west4/clusters/mlops"'
    )
