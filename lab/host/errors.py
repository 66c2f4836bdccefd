"""The one error the lab raises for things its user can mend."""

from __future__ import annotations


class LabError(RuntimeError):
    """Something the lab needs is missing or failed; the message says what, and what to do about it."""
