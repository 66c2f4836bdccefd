"""Says what pages of other origins may send to the HTTP API and read of its answers."""

from __future__ import annotations

import re

from contract.headers import NOT_ON_DEMAND, RETRY_AFTER, WITNESSES

ORIGIN = re.compile(r"\*|https?://[A-Za-z0-9.-]+(:\d+)?")  # * means every origin
ALLOWED = ("authorization", "content-type", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token")
EXPOSED = tuple(sorted(name.lower() for name in (*WITNESSES, *NOT_ON_DEMAND, RETRY_AFTER)))
MAX_AGE_S = 3600
