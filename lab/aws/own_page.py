"""Names the routes that the lab has for its own page alone, and that a deployment on AWS does not have."""

from __future__ import annotations

from page.handler import COLD_START, METHODS, REPORT

REPORT_KEYS = tuple(f"{method} /{REPORT}" for method in METHODS)


def cold_start_key(prefix: str) -> str:
    """The route that makes the next start of a backend's encoder a cold one."""
    return f"POST {prefix}/{COLD_START}"


def is_own(key: str) -> bool:
    """Whether a route is for no page of another origin, whatever --cors says."""
    return key in REPORT_KEYS or changes(key)


def changes(key: str) -> bool:
    """Whether a route changes what the lab does: only a page may ask for it, and it must say its origin."""
    return key.startswith("POST ") and key.endswith(f"/{COLD_START}")
