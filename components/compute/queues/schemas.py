"""What Kueue's objects may say, of those that share out a cluster: the fields of Kueue 0.11."""

from ...k8s.definitions import OPEN
from ...k8s.schemas import LABELS, QUANTITY, TEXT, TEXTS, TOLERATION, WHOLE, block, several, words

_STOP = words("None", "Hold", "HoldAndDrain")
_QUOTA = block(
    required=("name", "nominalQuota"),
    name=TEXT,
    nominalQuota=QUANTITY,
    borrowingLimit=QUANTITY,
    lendingLimit=QUANTITY,
)
_GROUP = block(
    required=("coveredResources", "flavors"),
    coveredResources=several(TEXT, least=1),
    flavors=several(
        block(required=("name", "resources"), name=TEXT, resources=several(_QUOTA, least=1)),
        least=1,
    ),
)
_PREEMPTION = block(
    reclaimWithinCohort=words("Never", "LowerPriority", "Any"),
    borrowWithinCohort=block(policy=words("Never", "LowerPriority"), maxPriorityThreshold=WHOLE),
    withinClusterQueue=words("Never", "LowerPriority", "LowerOrNewerEqualPriority"),
)

CLUSTER_QUEUE = block(
    admissionChecks=TEXTS,
    admissionChecksStrategy=block(
        admissionChecks=several(block(required=("name",), name=TEXT, onFlavors=TEXTS)),
    ),
    cohort=TEXT,
    fairSharing=block(weight=QUANTITY),
    flavorFungibility=block(
        whenCanBorrow=words("Borrow", "TryNextFlavor"), whenCanPreempt=words("Preempt", "TryNextFlavor")
    ),
    namespaceSelector=OPEN,
    preemption=_PREEMPTION,
    queueingStrategy=words("StrictFIFO", "BestEffortFIFO"),
    resourceGroups=several(_GROUP),
    stopPolicy=_STOP,
)

LOCAL_QUEUE = block(clusterQueue=TEXT, stopPolicy=_STOP)

RESOURCE_FLAVOR = block(
    nodeLabels=LABELS,
    nodeTaints=several(block(required=("key", "effect"), key=TEXT, value=TEXT, effect=TEXT, timeAdded=TEXT)),
    tolerations=several(TOLERATION),
    topologyName=TEXT,
)
