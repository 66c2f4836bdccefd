"""Starts `python -m model` as a copy of a process that has its imports."""

from __future__ import annotations

import os
from pathlib import Path

from contract.checkout import ROOT
from tests.support.forked import Copy

SCRIPT = Path("model/__main__.py")


def index(source: Path, bundle: Path, folder: Path) -> list[str]:
    """The arguments that index a source for a bundle into `folder`/out, with the vectors kept in `folder`/cache."""
    arguments = ["index", source, "--bundle", bundle, "--out", folder / "out", "--cache", folder / "cache"]
    return [str(argument) for argument in arguments]


def indexing(source: Path, bundle: Path, folder: Path) -> Copy:
    """The same as a running process, which a test ends."""
    return Copy(SCRIPT, index(source, bundle, folder), ROOT, os.environ)
