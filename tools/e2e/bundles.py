"""Makes a new bundle to update to, with the same weights and one incident less, and puts the old one back."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from contract.bundle import INCIDENTS
from contract.checkout import ROOT
from tools.e2e.errors import E2eError

_SAMPLE = ROOT / "model" / "bundles" / INCIDENTS
_LIMIT_S = 1800


@dataclass(frozen=True)
class Bundles:
    """The bundle of the project in `root`; `work` is a folder on the same disk for the bundle that is moved aside."""

    root: Path
    work: Path

    @property
    def place(self) -> Path:
        """The place from which the program takes its bundle."""
        return self.root / "images" / "bundle"

    @property
    def _aside(self) -> Path:
        return self.work / "bundle-before"

    def update(self) -> None:
        """Put a new bundle in the place of the first one, which is moved aside."""
        self.work.mkdir(parents=True, exist_ok=True)
        source = self.work / INCIDENTS
        source.write_text("".join(_SAMPLE.read_text(encoding="utf-8").splitlines(keepends=True)[:-1]), encoding="utf-8")
        new = self.work / "bundle-new"
        options = ["--bundle", str(self.place), "--out", str(new), "--cache", str(self.work / "embeddings")]
        command = [sys.executable, "-m", "model", "index", str(source), *options]
        done = subprocess.run(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, timeout=_LIMIT_S)
        if done.returncode:
            raise E2eError(f"no new bundle could be made: {done.stderr.strip()}")
        self.place.rename(self._aside)
        new.rename(self.place)

    def roll_back(self) -> None:
        """Put the first bundle back, if it was moved aside, also after a killed run."""
        if self._aside.exists():
            if self.place.exists():
                shutil.rmtree(self.place)
            self._aside.rename(self.place)
