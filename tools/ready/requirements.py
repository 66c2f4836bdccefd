"""Reads requirement files: which files there are, and the versions that they pin."""

from __future__ import annotations

import re
from pathlib import Path

PIN = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;]+)")


def files(path: Path) -> list[Path]:
    """Return a requirement file and all that it includes with `-r`, each once."""
    found = [path]
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            found += files(path.parent / line.removeprefix("-r ").strip())
    return list(dict.fromkeys(found))


def pins(path: Path) -> dict[str, str]:
    """Return the version that a requirement file, or one that it includes, pins of each package."""
    lines = [line for file in files(path) for line in file.read_text(encoding="utf-8").splitlines()]
    return {match[1]: match[2] for line in lines if (match := PIN.match(line))}
