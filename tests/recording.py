"""The recording engine, which pages of docs are made with, too, by the name that tests know it by."""

from reference.recording import SECRET_MARK, Engine, Made

__all__ = ["SECRET_MARK", "Engine", "Made"]
