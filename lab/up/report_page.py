"""Serves the newest report of the benchmark on this machine, as it is, beside the page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from page.handler import JSON, SECURITY

REPORT = "report.html"
_LARGEST = 5_000_000
# The file is what a program of ours wrote, but from what others said: it may show itself, and nothing more.
_ITSELF = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; sandbox"
)


def newest(reports: Path) -> Path | None:
    """The report that was written last into a folder below `reports`; None where there is none."""
    found = [path for path in reports.glob(f"*/{REPORT}") if path.is_file() and not _is_linked(path)]
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def _is_linked(path: Path) -> bool:
    return path.is_symlink() or path.parent.is_symlink()


def answer(event: Mapping[str, Any], reports: Path) -> dict[str, Any]:
    """Answer GET or HEAD; 404 with a JSON message where there is no report, or one that is too large."""
    path = newest(reports)
    if path is None or path.stat().st_size > _LARGEST:
        message = "there is no report: `bench/run.py` writes one" if path is None else "the report is too large"
        return _response(404, JSON, json.dumps({"message": message}))
    wants_text = event.get("requestContext", {}).get("http", {}).get("method") != "HEAD"
    text = path.read_text(encoding="utf-8") if wants_text else ""
    return _response(200, "text/html; charset=utf-8", text)


def _response(status: int, kind: str, body: str) -> dict[str, Any]:
    headers = {"Content-Type": kind, "Cache-Control": "no-store", "Content-Security-Policy": _ITSELF, **SECURITY}
    return {"statusCode": status, "headers": headers, "isBase64Encoded": False, "body": body}
