"""The errors that stop a build."""

from __future__ import annotations


class BuildError(Exception):
    """The bundle cannot be built; the text says why and what to do."""


class UnsupportedModel(BuildError):
    """The encoder graph cannot express this kind of checkpoint."""
