"""Code that a stack file names by its folder, and that travels into the cluster in a ConfigMap."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

_MOST_BYTES = 1_000_000  # what a ConfigMap holds


def texts(source: Path) -> dict[str, str]:
    """File name -> text of a folder's own files; what is hidden or lies deeper is not part of a run."""
    return {file.name: file.read_text(encoding="utf-8") for file in _files(source)}


def _files(source: Path) -> list[Path]:
    return sorted(file for file in source.iterdir() if file.is_file() and not file.name.startswith("."))


def _small_folder(source: Path) -> Path:
    if not source.is_dir() or not _files(source):
        raise ValueError(f"{source} is no folder with files: write the path of a folder with code")
    if sum(file.stat().st_size for file in _files(source)) > _MOST_BYTES:
        raise ValueError(f"{source} is over 1 MB: keep data and models in a bucket, not beside the code")
    return source


Source = Annotated[Path, AfterValidator(_small_folder)]
"""A folder whose files fit into a ConfigMap, relative to where the program runs."""
