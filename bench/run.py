"""Entry point: `python bench/run.py [COMMAND] [OPTIONS]`; without a command it measures."""

import sys

from bench.cli import main

if __name__ == "__main__":
    sys.exit(main())
