"""What Fluid's objects may say, of those that a data set is made of: the fields of Fluid 1.0.

The parts of a server (`master`, `worker`, ...) are listed and left open: most of what they hold is of pods.
"""

from ...k8s.definitions import OPEN
from ...k8s.schemas import BLOCKS, LABELS, SWITCH, TEXT, TEXTS, TOLERATION, WHOLE, block, several, words

_USER = block(required=("uid", "gid", "user", "group"), uid=WHOLE, gid=WHOLE, user=TEXT, group=TEXT)
_METADATA = block(labels=LABELS, annotations=LABELS)
_SECRETS = several(block(required=("name",), name=TEXT, valueFrom=OPEN))
_MOUNT = block(
    required=("mountPoint",),
    mountPoint=TEXT,
    name=TEXT,
    path=TEXT,
    readOnly=SWITCH,
    shared=SWITCH,
    options=LABELS,
    encryptOptions=_SECRETS,
)

DATASET = block(
    mounts=several(_MOUNT, least=1),
    owner=_USER,
    nodeAffinity=OPEN,
    tolerations=several(TOLERATION),
    accessModes=TEXTS,
    runtimes=several(block(name=TEXT, namespace=TEXT, category=TEXT, type=TEXT, masterReplicas=WHOLE)),
    placement=words("Exclusive", "", "Shared"),
    dataRestoreLocation=block(path=TEXT, nodeName=TEXT),
    sharedOptions=LABELS,
    sharedEncryptOptions=_SECRETS,
)

ALLUXIO_RUNTIME = block(
    replicas=WHOLE,
    alluxioVersion=block(image=TEXT, imageTag=TEXT, imagePullPolicy=TEXT),
    **dict.fromkeys(("apiGateway", "fuse", "initUsers", "jobMaster", "jobWorker", "master", "worker"), OPEN),
    data=block(pin=SWITCH, replicas=WHOLE),
    disablePrometheus=SWITCH,
    hadoopConfig=TEXT,
    imagePullSecrets=BLOCKS,
    jvmOptions=TEXTS,
    management=OPEN,
    podMetadata=_METADATA,
    properties=LABELS,
    runAs=_USER,
    tieredstore=block(levels=BLOCKS),
    volumes=BLOCKS,
)

DATA_PROCESS = block(
    required=("dataset", "processor"),
    dataset=block(required=("name", "mountPath"), name=TEXT, namespace=TEXT, mountPath=TEXT, subPath=TEXT),
    processor=block(serviceAccountName=TEXT, podMetadata=_METADATA, job=OPEN, script=OPEN),
    runAfter=OPEN,
    ttlSecondsAfterFinished=WHOLE,
)
