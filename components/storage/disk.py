"""How SeaweedFS divides a disk: into volumes, which belong to one bucket each."""

from ..types import amount

_VOLUMES = 64
_SMALLEST, _LARGEST = 64, 1024  # MiB

# A bucket gets one volume when it is first written to, and another when that is full. SeaweedFS's own habit is seven at
# once, with which a few buckets leave nothing to the next.
GROWTH = {f"WEED_MASTER_VOLUME_GROWTH_COPY_{copies}": "1" for copies in (1, 2)}


def volume_limit(size: str) -> str:
    """The option for the master: as large as is usual, unless a disk of that size then held too few for its buckets."""
    share = int(amount(size)) // 2**20 // _VOLUMES
    return f"-master.volumeSizeLimitMB={max(_SMALLEST, min(_LARGEST, share))}"
