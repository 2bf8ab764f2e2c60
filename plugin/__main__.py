"""Starts the plugin for the engine; importing anything else of this folder starts nothing."""

import sys
from pathlib import Path

# The engine runs this folder as a script; its modules are those of the package `plugin`.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from plugin.provider import serve

serve(sys.argv[1:])
