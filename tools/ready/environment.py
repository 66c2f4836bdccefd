"""Checks that this Python environment is the one that the Pulumi program is to run in."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from importlib import metadata

OLDEST_PYTHON = (3, 11)
SDKS = ("pulumi", "pulumi-aws", "pulumi-awsx")
_MEND = "`.venv/bin/python -m pip install -r requirements.txt`, or `make clean` and `make deploy-ready`"


def problems(pins: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence with its remedy for everything that is not installed as in `pins` (package: version)."""
    if sys.version_info < OLDEST_PYTHON:
        mend = "`make clean`, then `make PYTHON=python3.13 deploy-ready`"
        yield f"Python is {sys.version.split()[0]}, 3.11 or newer is needed: {mend}"
    for package, wanted in pins.items():
        found = _version(package)
        if found != wanted:
            yield f"{package} {wanted} is needed, and {found or 'none'} is installed: {_MEND}"
    for package in SDKS:
        try:
            importlib.import_module(package.replace("-", "_"))
        except ImportError as error:
            yield f"{package} cannot be imported ({error}): {_MEND}"


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
