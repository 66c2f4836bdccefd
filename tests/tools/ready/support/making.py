"""Asks make what it would do, in a folder that has its files and no environment."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.stacks.support.project import ROOT


def make_folder(folder: Path) -> Path:
    """Lay out the Makefile with all that its targets hang on."""
    (folder / "images").mkdir()
    named = (ROOT / "Makefile", ROOT / "pyproject.toml")
    for file in (*named, *ROOT.glob("requirements*.txt"), *ROOT.glob("images/requirements*.txt")):
        shutil.copy(file, folder / file.relative_to(ROOT))
    return folder


def would_run(folder: Path, *arguments: str) -> str:
    """Return the commands that `make` with these arguments would run."""
    done = subprocess.run(["make", "-n", *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout
