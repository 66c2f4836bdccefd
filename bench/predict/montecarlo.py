"""Carries the ranges of the parameters through the calculator: intervals, where their width is from, and verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy
from numpy.typing import NDArray

from bench.predict.calculator import cold, warm
from bench.predict.parameters import Parameters, draw, drawn
from bench.predict.situation import Situation
from bench.predict.spread import Values
from contract.limits import API_TIMEOUT_S, INIT_S

COVERED = 0.95  # of the draws lie in an interval
ROBUST = 0.975  # of the draws must agree
DECIDES = 0.5  # of what a difference varies by must come from one parameter for it to decide the verdict

Mark = Literal["robust", "depends", "cannot be told"]


@dataclass(frozen=True)
class Predicted:
    """A predicted time in ms: the median of the draws, and between which ends 95 % of them lie."""

    median: float
    low: float
    high: float

    def covers(self, ms: float) -> bool:
        """Whether a time lies between the ends."""
        return self.low <= ms <= self.high


@dataclass(frozen=True)
class Source:
    """A parameter, by its field's name, and the share of the variance of ranks that comes from it."""

    parameter: str
    share: float


@dataclass(frozen=True)
class Prediction:
    """What is predicted for a situation; the draws are kept for comparisons.

    `parts` are those of ColdStart, `init` is INIT without a limit. `over_init` and `over_api` are the shares of the
    draws in which INIT takes longer than 10 s, and a cold start longer than 30 s.
    """

    situation: Situation
    cold: Predicted
    warm: Predicted
    parts: Mapping[str, Predicted]
    init: Predicted
    over_init: float
    over_api: float
    cold_draws: Values = field(repr=False, compare=False)
    warm_draws: Values = field(repr=False, compare=False)


@dataclass(frozen=True)
class Verdict:
    """Which of two is faster: each in a share of the draws, neither in the rest of them, where both take the same time.

    `mark`: robust, at most 2.5 % of the draws disagree; depends, on the parameter `decides`; or it cannot be told.
    `difference` is first minus second, in ms.
    """

    first_faster: float
    second_faster: float
    difference: Predicted
    mark: Mark
    decides: str | None = None


def predict(situation: Situation, parameters: Parameters) -> Prediction:
    """The prediction for a situation, from these draws."""
    start, request = cold(situation, parameters), warm(situation, parameters)
    return Prediction(
        situation=situation,
        cold=predicted(start.total),
        warm=predicted(request),
        parts={name: predicted(values) for name, values in start.parts.items()},
        init=predicted(start.init),
        over_init=_share(start.init > INIT_S * 1e3),
        over_api=_share(start.total > API_TIMEOUT_S * 1e3),
        cold_draws=start.total,
        warm_draws=request,
    )


def predictions(situations: Sequence[Situation], parameters: Parameters | None = None) -> tuple[Prediction, ...]:
    """The predictions for several situations, all from the same draws, so that they can be compared."""
    found = draw() if parameters is None else parameters
    return tuple(predict(situation, found) for situation in situations)


def predicted(draws: Values) -> Predicted:
    """Median and interval of some draws."""
    tail = (1 - COVERED) / 2
    low, median, high = numpy.quantile(draws, [tail, 0.5, 1 - tail])
    return Predicted(float(median), float(low), float(high))


def sources(draws: Values, parameters: Parameters) -> tuple[Source, ...]:
    """Which parameters the draws vary with, the strongest first; the shares add up to 1, or there are none.

    A share is the parameter's squared rank correlation (Spearman) with the draws, divided by the sum of all: the
    parameters are drawn independently and the times rise or fall with each, so these sums are about the whole.
    """
    names = drawn()
    ranked = _ranks(draws)
    squares = {name: _correlation(_ranks(getattr(parameters, name)), ranked) ** 2 for name in names}
    whole = sum(squares.values())
    if not whole:
        return ()
    found = (Source(name, square / whole) for name, square in squares.items())
    return tuple(sorted(found, key=lambda source: -source.share))


def compare(first: Values, second: Values, parameters: Parameters) -> Verdict:
    """The verdict on two arrays of the same draws (`cold_draws` or `warm_draws` of two predictions)."""
    difference = first - second
    faster = _share(difference < 0), _share(difference > 0)
    span = predicted(difference)
    if min(faster) <= 1 - ROBUST:
        return Verdict(*faster, span, "robust")
    strongest = next(iter(sources(difference, parameters)), None)
    if strongest is not None and strongest.share >= DECIDES:
        return Verdict(*faster, span, "depends", strongest.parameter)
    return Verdict(*faster, span, "cannot be told")


def _share(found: NDArray[numpy.bool_]) -> float:
    return float(numpy.mean(found))


def _ranks(values: Values) -> Values:
    """Ranks; equal values share the middle of theirs."""
    _, groups, counts = numpy.unique(values, return_inverse=True, return_counts=True)
    middles = numpy.cumsum(counts) - (counts - 1) / 2
    return numpy.asarray(middles[groups], dtype=float)


def _correlation(a: Values, b: Values) -> float:
    """Pearson's correlation; 0 where one of them does not vary."""
    a, b = a - a.mean(), b - b.mean()
    size = float(numpy.sqrt(numpy.sum(a * a) * numpy.sum(b * b)))
    return float(numpy.sum(a * b)) / size if size else 0.0
