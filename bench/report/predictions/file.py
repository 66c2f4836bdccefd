"""Writes prediction.json, and reads it with every type and range checked."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from bench.process.errors import UsageError
from bench.report.prediction import PredictedRun
from bench.runs.checks import CHECKED, explain
from bench.runs.records import parse_object

PREDICTION = "prediction.json"
MOST_BYTES = 16 << 20  # a prediction has some kilobytes for each time
KIND, SCHEMA = "prediction", 1


@dataclass(frozen=True)
class _Header:
    """What a file says of itself."""

    __pydantic_config__ = CHECKED

    kind: str = ""
    schema: int = 0


_HEADER, _READER = TypeAdapter(_Header), TypeAdapter(PredictedRun)


def prediction_text(prediction: PredictedRun) -> str:
    """The file. Fails for a number that JSON does not have."""
    found = {"kind": KIND, "schema": SCHEMA, **asdict(prediction)}
    return json.dumps(found, indent=2, allow_nan=False) + "\n"


def read_prediction(path: Path) -> PredictedRun:
    """The prediction in a file. Raises UsageError, which says what is wrong with it."""
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    if len(text) > MOST_BYTES:
        raise UsageError(f"{path} is not a prediction: it is larger than {MOST_BYTES >> 20} MB")
    try:
        parse_object(text)
        header = _HEADER.validate_json(text)
        if header.kind != KIND:
            raise ValueError("it is not a prediction; `bench/run.py predict DIR` makes one")
        if header.schema != SCHEMA:
            raise ValueError(f"it is a prediction of another version: this one reads schema {SCHEMA}")
        return _READER.validate_json(text)
    except ValidationError as error:
        raise UsageError(f"{path}: {explain(error)}") from error
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from error
