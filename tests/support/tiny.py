"""Builds the small bundle with which most tests work."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from model.bundles import bundle, incidents


def make_tiny_bundle(folder: Path) -> Path:
    """A two-layer synthetic bundle with the sample incidents, below `folder`."""
    out = folder / "tiny"
    options = bundle.Options(bundle.LONGFORMER, "synthetic", incidents.SAMPLE, out, tiny=True)
    bundle.build(options, Console(quiet=True))
    return out
