"""The one error that the lab raises for problems its user can solve."""

from __future__ import annotations


class LabError(RuntimeError):
    """Something that the lab needs is missing or failed; the message says what, and what to do about it."""
