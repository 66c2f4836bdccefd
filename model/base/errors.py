"""What stops a build."""

from __future__ import annotations


class BuildError(Exception):
    """The bundle cannot be built; the text says why and what to do."""


class UnsupportedModel(BuildError):
    """The checkpoint is of a kind that the encoder graph cannot express."""
