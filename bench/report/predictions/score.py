"""Scores a prediction by a run on AWS, or in a lab shaped like it: what it covers, and what the run tells beside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bench.process.errors import UsageError
from bench.report.grounds import is_like_lambda
from bench.report.measured import Measured
from bench.report.on_aws import interval
from bench.report.prediction import Likely, PredictedRun, PredictedTime, case_name, state_of
from bench.report.quantities import TOLD
from bench.report.report import Report
from bench.report.table import Table
from bench.runs.cold_starts.first_deploy import FirstDeploy
from bench.runs.cold_starts.kind import WARM
from bench.runs.cold_starts.new_sandbox import NewSandbox
from bench.runs.recorded import recorded_bundles, recorded_function, recorded_target
from bench.text.numbers import ms

_WAIT = "the time of a caller"


@dataclass(frozen=True)
class Score:
    """A figure that was predicted and then measured, in `unit`; `what` is the caller's time or a quantity of it.

    `n` is how many samples the measured median comes from; None where that is not counted.
    """

    predicted: PredictedTime
    what: str
    unit: str
    likely: Likely
    measured: float
    n: int | None
    parameter: str | None

    @property
    def covered(self) -> bool:
        """Whether the measured figure lies in the predicted interval."""
        return self.likely.covers(self.measured)

    @property
    def ratio(self) -> float | None:
        """Measured / predicted."""
        return self.measured / self.likely.median if self.likely.median else None

    @property
    def is_time(self) -> bool:
        """Whether it is the time that a caller waits."""
        return self.what == _WAIT


def scores(prediction: PredictedRun, report: Report) -> tuple[Score, ...]:
    """Every figure that both have. Raises UsageError where the run cannot score this prediction."""
    if misfit := _misfit(prediction, report):
        raise UsageError(f"this run cannot score the prediction: {misfit}")
    found = tuple(score for item in prediction.times for score in _scores(item, report))
    if not found:
        raise UsageError("this run cannot score the prediction: it has no variant of the same storage, memory and text")
    return found


def _misfit(prediction: PredictedRun, report: Report) -> str | None:
    """Why a run is not what was predicted; None if it is."""
    basis = prediction.basis
    if not is_like_lambda(report.meta.session):
        return "it comes from a lab that is not shaped like Lambda; give a run on AWS, or one with --shape lambda"
    predicted: Mapping[str, str | None] = basis.bundles or {prediction.times[0].case.precision: basis.bundle_hash}
    found = recorded_bundles(report.meta.session.target)
    if not predicted.keys() & found.keys():
        return f"it has another precision ({', '.join(found)}, not {', '.join(predicted)})"
    for precision, digest in predicted.items():
        if digest != found.get(precision, digest):
            return f"it has another model bundle ({_short(found[precision])}, not {_short(digest)})"
    engines = {item.case.engine for item in prediction.times}, {variant.engine for variant in report.compared}
    if not engines[0] & engines[1]:
        return f"it has another engine ({', '.join(sorted(engines[1]))}, not {', '.join(sorted(engines[0]))})"
    return None


def _short(bundle: str | None) -> str:
    return bundle[:12] if bundle else "not recorded"


def _scores(item: PredictedTime, report: Report) -> Iterator[Score]:
    measured = next((each for each in report.variants if _is_case(item, each, report)), None)
    if measured is None:
        return
    median, n = _median(item.kind, measured, report)
    if median is not None:
        strongest = item.widest and item.widest[0]
        yield Score(item, _WAIT, "ms", item.ms, median, n, strongest)
    for name, quantity in item.quantities.items():
        told = TOLD.get(name)
        value = told.measured(measured) if told else None
        if told and value is not None:
            yield Score(item, name, told.unit, quantity.likely, value, None, quantity.parameter)


def _is_case(item: PredictedTime, measured: Measured, report: Report) -> bool:
    case, variant = item.case, measured.variant
    memory_mb = variant.memory_mb or recorded_function(report.meta.session, variant.function).memory_mb
    found = variant.backend, variant.engine, memory_mb, variant.tokens, variant.arm, variant.precision
    return found == (case.backend, case.engine, case.memory_mb, case.tokens, "http", case.precision)


def _median(kind: str, measured: Measured, report: Report) -> tuple[float | None, int | None]:
    """The median of the run in the state that was predicted, and of how many samples."""
    if kind == FirstDeploy.name:
        others = (each for each in report.other_cold_starts if each.kind == kind and each.variant == measured.variant)
        found = next(others, None)
        return (found.cold_p50_ms, found.cold) if found else (None, None)
    states = {NewSandbox.name: measured.cold, WARM: measured.warm}
    latency = states.get(kind)
    return (latency.p50_ms, latency.counts.n) if latency else (None, None)


def scores_table(found: tuple[Score, ...], report: Report, name: str) -> Table:
    """The scores by a run, which is called `name`; the callers' times first in each case."""
    cases = tuple(dict.fromkeys(score.predicted.case for score in found))
    rows = [
        (
            f"{state_of(score.predicted.kind)} · {case_name(score.predicted.case, cases)}",
            score.what, score.unit, interval(score.likely), ms(score.measured), str(score.n or "-"),
            "-" if score.ratio is None else f"{score.ratio:.2f}", "yes" if score.covered else "no",
            score.parameter or "-",
        )
        for score in found
    ]  # fmt: skip
    header = ("case", "what", "unit", "predicted", "measured", "n", "ratio", "covered", "tells most about")
    note = (
        "Predicted: the median of the draws, and where 95 % of them lie. Measured: medians of the run. "
        "Ratio: measured / predicted."
    )
    if recorded_target(report.meta.session).is_lab:
        note += " The lab's cores are those of its machine: computing takes less there than on slower ones of Lambda."
    return Table(f"The prediction against {name}", header, rows, note)


def summary(found: tuple[Score, ...]) -> str:
    """How many of the callers' times are covered, in a sentence."""
    times = [score for score in found if score.is_time]
    return f"{sum(score.covered for score in times)} of {len(times)} measured times lie in the predicted intervals."
