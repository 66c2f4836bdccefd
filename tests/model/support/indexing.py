"""Seven reports and three incidents, and a folder in which a test makes an index of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from contract import bundle as files
from model.__main__ import main
from tests.model.support import snapshots

LONG = "The driverless car did not brake for the pedestrian who walked a bicycle across the road at night. "
REPORTS = {
    11: "A car hit a pedestrian.",
    12: LONG * 5,
    13: LONG * 200,  # past the model's 1,024 tokens
    14: "The chatbot was rude.",  # as many tokens as 11 and 15: one batch
    15: "The chatbot was mean.",
    16: "Das Gesichtserkennungssystem hielt „Müller“ für 车祸, naïvely.",
    17: "A car hit a pedestrian.",  # another report, the same words
}
INCIDENTS = [
    (7, "Car, “naïve”\nand two lines", "2018-03-18", [11, 12, 13, 17]),
    (3, "Chatbot", "2016-03-24", [14]),
    (40, "Faces", "2020-01-09", [16, 15, 14]),
]


@dataclass
class Folder:
    """Where a test's index is built; `said` is what the last run printed."""

    path: Path
    bundle: Path
    capture: pytest.CaptureFixture[str]
    said: str = field(default="", init=False)

    @property
    def out(self) -> Path:
        """The bundle with the index."""
        return self.path / "out"

    def snapshot(self, incidents: snapshots.Incidents = INCIDENTS, reports: dict[int, str] = REPORTS) -> Path:
        """Write a snapshot of these incidents and reports."""
        return snapshots.write(self.path / "snapshot", incidents, reports.items())

    def index(self, source: Path, *options: str, out: Path | None = None) -> int:
        """Run the command on `source`; returns its exit code."""
        command = ["index", str(source), "--bundle", str(self.bundle), "--out", str(out or self.out)]
        code = main([*command, "--cache", str(self.path / "cache"), *options])
        self.said = self.capture.readouterr().err
        return code

    def vectors(self) -> dict[str, np.ndarray]:
        """What the index holds: ids, counts and vectors."""
        found: dict[str, np.ndarray] = load_file(self.out / files.VECTORS)
        return found
