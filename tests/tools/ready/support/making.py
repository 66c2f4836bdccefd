"""Asks make what it would do, in a folder that has its files and no environment."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.stacks.support.project import ROOT


def make_folder(folder: Path) -> Path:
    """Lay out the Makefile with all prerequisites of its targets."""
    (folder / "images").mkdir()
    files = ("Makefile", "pyproject.toml", "requirements*.txt", "images/requirements*.txt")
    for file in (file for pattern in files for file in ROOT.glob(pattern)):
        shutil.copy(file, folder / file.relative_to(ROOT))
    return folder


def would_run(folder: Path, *arguments: str) -> str:
    """Return the commands that `make` with these arguments would run."""
    done = subprocess.run(["make", "-n", *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout
