"""Runs the system's tools."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

PACKAGES = {"buildah": "buildah", "mmdebstrap": "mmdebstrap", "mke2fs": "e2fsprogs"}  # command: Debian package


class ToolError(Exception):
    """A tool is missing or failed; the message says which one and what to do."""


def missing_packages() -> list[str]:
    """Return the Debian packages of the build's tools that this machine lacks."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return [package for command, package in PACKAGES.items() if not shutil.which(command, path=path)]


def run(*command: str | Path) -> str:
    """Run a tool and return its standard output, stripped.

    Raises ToolError with the end of its output if it fails.
    """
    words: Sequence[str] = [str(word) for word in command]
    environment = {**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin"}
    done = subprocess.run(words, capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL)
    if done.returncode:
        tail = "\n".join([*done.stdout.splitlines()[-25:], *done.stderr.splitlines()[-15:]])
        raise ToolError(f"{' '.join(words[:6])} … failed with exit code {done.returncode}:\n{tail}")
    return done.stdout.strip()
