"""Who may do what, as IAM has it: exact members, roles and conditions as pure values."""

READ, WRITE = "roles/storage.objectViewer", "roles/storage.objectUser"
"""Of the objects in one bucket. Neither says who may enter, and neither touches the bucket itself."""

SEE = "roles/storage.legacyBucketReader"
"""To be told that the bucket is there (`storage.buckets.get`), and what is in it. It can be given on a bucket alone."""
ZONE_READ = "roles/dns.reader"
CHALLENGES = (
    "dns.changes.create",
    "dns.changes.get",
    "dns.resourceRecordSets.create",
    "dns.resourceRecordSets.delete",
    "dns.resourceRecordSets.list",
    "dns.resourceRecordSets.update",
)
"""What cert-manager does in a zone that it has been told: it lists a name's records, changes them, and waits."""

NODE_ROLES = ("roles/container.defaultNodeServiceAccount", "roles/artifactregistry.reader")
"""What nodes need: to write logs and metrics, and to pull images from the project's own registries."""

KEY_USERS = ("container-engine-robot", "compute-system", "gs-project-accounts")
"""Google's own accounts that encrypt with the key: for the Secrets of the cluster, for disks, for buckets."""

SQL_SERVICE = "sqladmin.googleapis.com"
"""Whose own account encrypts databases, where there are some."""

KEY_ROLE = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
ADMINISTRATOR = "roles/container.admin"
LOG_WRITER, LOG_ROLE = "group:cloud-storage-analytics@google.com", "roles/storage.objectCreator"
"""Who delivers the access logs of buckets, and what that takes."""


def pods(project: str, number: str, namespace: str, account: str) -> str:
    """All pods with that Kubernetes service account, in whichever cluster of the project."""
    pool = f"projects/{number}/locations/global/workloadIdentityPools/{project}.svc.id.goog"
    return f"principal://iam.googleapis.com/{pool}/subject/ns/{namespace}/sa/{account}"


def google(account: str, number: str) -> str:
    """One of the accounts that Google's services act by in a project."""
    return f"serviceAccount:service-{number}@{account}.iam.gserviceaccount.com"


def below(bucket: str, folder: str) -> str:
    """Objects in a folder."""
    return f'resource.name.startsWith("projects/_/buckets/{bucket}/objects/{folder}/")'


def this_cluster(project: str, region: str, name: str) -> str:
    """A role that is given in the project holds for this cluster."""
    return f'resource.name == "projects/{project}/locations/{region}/clusters/{name}"'
