#!/usr/bin/env python3
"""What pre-commit runs, in the repository of the one who commits: the changed manifests are judged."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from policies.__main__ import main

if __name__ == "__main__":
    sys.exit(main(["check", *sys.argv[1:]]))
