"""Lists what a run on AWS can tell about a prediction beside the time itself: each as predicted, and as measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench.predict.calculator import ColdStart
from bench.predict.fetching import fetch_ms
from bench.predict.parameters import Parameters
from bench.predict.situation import Situation
from bench.predict.spread import Values
from bench.report.breakdown import RESIDUAL
from bench.report.measured import Measured
from contract.phases import BOOT, HANDLER, IMPORT, LOAD, WAIT


@dataclass(frozen=True)
class Told:
    """A quantity of a cold start: its draws in a situation, and what a run says of it; None where it does not."""

    unit: str
    predicted: Callable[[Situation, Parameters, ColdStart], Values]
    measured: Callable[[Measured], float | None]


def _fetch_rate(situation: Situation, parameters: Parameters, start: ColdStart) -> Values:
    return situation.fetch.bytes_ / 1e3 / fetch_ms(situation, parameters)


def _phases(item: Measured, *names: str) -> float | None:
    """The sum of the medians of some phases; None if one is not known."""
    found = [item.phases_ms.get(name) for name in names]
    return None if None in found else sum(value or 0.0 for value in found)


def _answer(item: Measured) -> float | None:
    handler = item.phases_ms.get(HANDLER)
    return None if handler is None else handler - item.phases_ms.get(WAIT, 0.0)


TOLD: Mapping[str, Told] = {
    "fetch rate": Told("MB/s", _fetch_rate, lambda item: item.fetch_mb_s),
    "start of the runtime": Told("ms", lambda _, __, start: start.boot, lambda item: _phases(item, BOOT)),
    "imports and loading, without fetch": Told(
        "ms", lambda _, __, start: start.load, lambda item: _phases(item, IMPORT, LOAD)
    ),
    "first answer": Told("ms", lambda _, __, start: start.answer, _answer),
    "outside REPORT": Told(
        "ms", lambda _, __, start: start.outside + start.api, lambda item: item.cold.parts_ms.get(RESIDUAL)
    ),
}
