"""Says where the lab pretends to be (region and account), and what machine it is on."""

from __future__ import annotations

import platform

REGION = "us-east-1"
ACCOUNT_ID = "000000000000"


def architecture() -> str:
    """Lambda's name of this machine's architecture."""
    return "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"
