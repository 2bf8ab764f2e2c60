"""Starts the pack for the engine; importing anything else of this folder starts nothing."""

import sys
from pathlib import Path

# The engine runs this folder as a script; its modules are those of the package `policies.all`.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from policies.all.pack import start

start()
