"""Entry point: `python bench/run.py [COMMAND] [OPTIONS]`; without a command it measures."""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    # As a script, Python puts bench/ on the path where the repository belongs.
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    from bench.cli import main

    sys.exit(main())
