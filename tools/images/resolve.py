"""Whether the run-time requirements can be installed on both architectures: pip's own resolver, nothing installed."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tools.images.base import platforms
from tools.images.shell import run

IMAGES = Path(__file__).parents[2] / "images"
MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}  # Lambda's name: the wheels' name
ENGINES: dict[str, list[str | Path]] = {  # as images/install.py installs them
    "onnx": ["--no-deps", "-r", IMAGES / "requirements-onnx.txt"],
    "transformers": ["-r", IMAGES / "requirements-onnx.txt", "-r", IMAGES / "requirements-transformers.txt"],
}


def resolve(engine: str, machine: str, python: str) -> None:
    """Resolve what an image of `engine` needs to wheels for `machine` (Lambda's name) and a Python version.

    Raises ToolError with pip's words when some requirement has no such wheel.
    """
    wheels = ["--python-version", python, *platforms(MACHINES[machine])]
    with tempfile.TemporaryDirectory() as target:
        run(sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed",
            "--only-binary=:all:", "--target", target, *wheels, *ENGINES[engine])  # fmt: skip
