"""Entry point: `python bench/run.py [COMMAND] [OPTIONS]`; without a command it measures."""

import os
import sys

from bench.cli import main
from contract.loopback import keep_off_proxies

if __name__ == "__main__":
    keep_off_proxies(os.environ)
    sys.exit(main())
