"""Images made without a builder: a few files in one layer, packed as an OCI archive that containerd imports."""

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path

IMAGE_NAME = "io.containerd.image.name"
OCI = "application/vnd.oci.image"


def pack(archive: Path, reference: str, files: dict[str, Path], command: list[str], user: str = "65532:65532") -> None:
    """Write `archive` with an image called `reference`: `files` (path inside: file here), and what it runs."""
    layer = _tar({name: (source.read_bytes(), 0o755) for name, source in files.items()})
    packed = gzip.compress(layer, mtime=0)
    blobs: dict[str, bytes] = {}
    config = _blob(
        blobs,
        json.dumps(
            {
                "architecture": "amd64",
                "os": "linux",
                "config": {"User": user, "Entrypoint": command},
                "rootfs": {"type": "layers", "diff_ids": [_digest(layer)]},
            }
        ).encode(),
        f"{OCI}.config.v1+json",
    )
    manifest = _blob(
        blobs,
        json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": f"{OCI}.manifest.v1+json",
                "config": config,
                "layers": [_blob(blobs, packed, f"{OCI}.layer.v1.tar+gzip")],
            }
        ).encode(),
        f"{OCI}.manifest.v1+json",
    )
    index = {"schemaVersion": 2, "manifests": [{**manifest, "annotations": {IMAGE_NAME: reference}}]}
    content = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": json.dumps(index).encode(), **blobs}
    archive.parent.mkdir(parents=True, exist_ok=True)
    archive.write_bytes(_tar({name: (data, 0o644) for name, data in content.items()}))


def _blob(blobs: dict[str, bytes], data: bytes, media_type: str) -> dict[str, object]:
    digest = _digest(data)
    blobs[f"blobs/{digest.replace(':', '/')}"] = data
    return {"mediaType": media_type, "digest": digest, "size": len(data)}


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _tar(files: dict[str, tuple[bytes, int]]) -> bytes:
    """Same content, same bytes: no time, no owner."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, (data, mode) in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), mode
            tar.addfile(entry, io.BytesIO(data))
    return out.getvalue()
