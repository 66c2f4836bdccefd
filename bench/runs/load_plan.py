"""Writes the plan of a load for others to carry out, and reads it: the header, and when each request is due."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from bench.process.errors import StorageError, UsageError
from bench.runs.checks import CHECKED, explain
from bench.runs.loads import LoadHeader, Step

PLAN = "load-plan.json"


@dataclass(frozen=True)
class Stretch:
    """A step, and the times in seconds from its start at which its requests are due."""

    __pydantic_config__ = CHECKED

    step: Step
    due: tuple[float, ...]


@dataclass(frozen=True)
class LoadPlan:
    """Everything that is to be sent, in order."""

    __pydantic_config__ = CHECKED

    header: LoadHeader
    stretches: tuple[Stretch, ...]


_PLAN = TypeAdapter(LoadPlan)


def write_plan(directory: Path, plan: LoadPlan) -> Path:
    """Write a plan into a folder that has none; return its path. Raises StorageError."""
    path = directory / PLAN
    try:
        with path.open("x", encoding="utf-8") as file:
            json.dump(asdict(plan), file, separators=(",", ":"), allow_nan=False)
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror}") from error
    return path


def read_plan(path: Path) -> LoadPlan:
    """Read a plan. Raises UsageError for anything else."""
    try:
        return _PLAN.validate_json(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise UsageError(f"{path} is not the plan of a load: {explain(error)}") from error


def dealt(stretch: Stretch, share: int, shares: int) -> Stretch:
    """The part of a stretch that one of several clients sends: every `shares`-th request, beginning with its own."""
    return Stretch(stretch.step, stretch.due[share::shares])
