"""Entry point of `python -m lab`."""

from __future__ import annotations

import os
import sys

from contract.loopback import keep_off_proxies
from lab.cli import main

if __name__ == "__main__":
    keep_off_proxies(os.environ)
    sys.exit(main())
