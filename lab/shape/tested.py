"""Keeps what the self-test of the shape found on this machine, for as long as lab and figures stay the same."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from contract.checkout import ROOT
from contract.shapes import TOLERANCE

FOLDER = ROOT / "build"
_CODE = ("lab", "published")


@dataclass(frozen=True)
class Found:
    """One figure of the shape as measured inside an environment: wanted and reached, in `unit`.

    `bound` says why this machine does not reach what is wanted; None where it does, or where the machine is not why.
    """

    name: str
    unit: str
    wanted: float
    reached: float
    bound: str | None = None

    @property
    def ratio(self) -> float:
        """Reached over wanted."""
        return self.reached / self.wanted

    @property
    def is_met(self) -> bool:
        """Whether it is what is wanted, within the tolerance."""
        return abs(self.ratio - 1) <= TOLERANCE


@dataclass(frozen=True)
class SelfTest:
    """All figures of one self-test, and its time (UTC)."""

    date: str
    found: tuple[Found, ...]

    @property
    def sentence(self) -> str:
        """How many figures are as wanted, in words."""
        met = sum(each.is_met for each in self.found)
        bounds = sum(not each.is_met and each.bound is not None for each in self.found)
        return (
            f"{met} of {len(self.found)} figures within {100 * TOLERANCE:.0f} % of the wanted, {bounds} bounded by "
            f"this machine, {len(self.found) - met - bounds} not as wanted ({self.date})"
        )

    @property
    def is_sound(self) -> bool:
        """Whether every figure is as wanted, or the machine explains why not."""
        return all(each.is_met or each.bound is not None for each in self.found)


def remember(shape: str, test: SelfTest, folder: Path = FOLDER) -> None:
    """Write down a test of the shape of that name, on this machine with today's lab."""
    file = _file(shape, folder)
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(f".{os.getpid()}")
    partial.write_text(json.dumps({"of": _circumstances(), "test": asdict(test)}, indent=1) + "\n", encoding="utf-8")
    partial.rename(file)


def recall(shape: str, folder: Path = FOLDER) -> SelfTest | None:
    """The last test of that shape, if it was made on this machine with the same lab and figures."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads(_file(shape, folder).read_text(encoding="utf-8"))
        if kept["of"] == _circumstances():
            return SelfTest(kept["test"]["date"], tuple(Found(**each) for each in kept["test"]["found"]))
    return None


def _file(shape: str, folder: Path) -> Path:
    return folder / f"shape-check-{shape}.json"


def _circumstances() -> Mapping[str, Any]:
    return {"code": _code(), "machine": platform.node(), "kernel": platform.release(), "cores": os.cpu_count()}


def _code() -> str:
    """A hash of the lab's code and of the published figures."""
    digest = hashlib.sha256()
    for folder in _CODE:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".json"):
                digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
