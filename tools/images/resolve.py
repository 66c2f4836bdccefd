"""Asks pip's own resolver what it would install on a machine of either architecture; installs nothing."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.images import host
from tools.images.base import platforms
from tools.images.shell import run

MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}  # Lambda's name: the wheels' name


@dataclass(frozen=True)
class Wheel:
    """One file of a package: the package's normalized name, its version, and the file's SHA-256 in hex."""

    name: str
    version: str
    sha256: str


def wheels(requirements: Sequence[str | Path], machine: str, python: str) -> list[Wheel]:
    """Return the wheels that pip's arguments `requirements` select on `machine` (Lambda's name) for a Python version.

    They come from the index alone: a wheel that pip's settings find on this disk may be another build.
    Raises ToolError with pip's message if a requirement has no such wheel.
    """
    words = ["--python-version", python, *platforms(MACHINES[machine]), *requirements]
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.json"
        run("env", f"PIP_CONFIG_FILE={os.devnull}", sys.executable, "-m", "pip", "--isolated", "install", "--quiet",
            "--dry-run", "--ignore-installed", "--only-binary=:all:", "--disable-pip-version-check", *_reach(),
            "--target", Path(scratch) / "target", "--report", report, *words)  # fmt: skip
        return [
            _wheel(entry["metadata"], entry["download_info"]) for entry in json.loads(report.read_text())["install"]
        ]


def _reach() -> list[str]:
    """Return this machine's pip settings for reaching the index."""
    return [f"--{key}={value}" for key, value in host.pip_settings().items() if key in ("cert", "index-url", "proxy")]


def _wheel(metadata: dict[str, str], download: dict[str, dict[str, dict[str, str]]]) -> Wheel:
    name = re.sub(r"[-_.]+", "-", metadata["name"]).lower()
    return Wheel(name, metadata["version"], download["archive_info"]["hashes"]["sha256"])
