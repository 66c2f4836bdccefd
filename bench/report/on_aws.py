"""Makes the tables of a prediction: how long a caller would probably wait on AWS, and how far each verdict holds."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence

from bench.report.prediction import (
    Basis,
    Case,
    Likely,
    PredictedRun,
    PredictedTime,
    PredictedVerdict,
    case_name,
    state_of,
    storage_name,
)
from bench.report.table import Table
from bench.text.numbers import duration, ms
from contract.limits import API_TIMEOUT_S, INIT_S

TITLE = "On AWS, probably"


def predicted_times(prediction: PredictedRun) -> Table:
    """Cold and warm times beside those of the run, each with its interval and with what that comes from."""
    rows = [
        (
            f"{state_of(item.kind)} · {case_name(item.case, prediction.cases)}", ms(item.run_ms), interval(item.ms),
            width(item), likelihood(item.init_over), likelihood(item.given_up),
        )
        for item in prediction.times
    ]  # fmt: skip
    header = (
        "kind", f"{prediction.basis.place}, ms", "predicted for AWS, ms", "width mostly from",
        f"INIT over {INIT_S} s", f"over {API_TIMEOUT_S} s",
    )  # fmt: skip
    memories = ", ".join(f"{size:,} MB" for size in dict.fromkeys(case.memory_mb for case in prediction.cases))
    note = (
        f"{rests_on(prediction.basis)} Memory: {memories}. Milliseconds that a caller waits: the median of the draws, "
        "in brackets where 95 % of them lie. The last two columns are shares of the draws: INIT takes longer than "
        "Lambda allows, and the HTTP API gives up."
    )
    return Table(TITLE, header, rows, note)


def predicted_verdicts(prediction: PredictedRun) -> Table | None:
    """Each pair of storages that may differ: which one would be faster, how sure that is, and what the run says."""
    rows = [
        (
            f"{state_of(item.kind)} · {_pair(item, prediction)}", sentence(item, prediction.cases), mark(item),
            beside_the_run(item),
        )
        for item in prediction.verdicts
        if item.ahead or item.run_says
    ]  # fmt: skip
    note = (
        "Predicted, not measured. Robust: at most 2.5 % of the draws disagree. Depends on one thing: more disagree, "
        "mostly because of that. Cannot be told: because of several. The run's verdict is of the kind new-sandbox."
    )
    header = ("pair", "on AWS, probably", "how sure", f"and {prediction.basis.place}")
    return Table("Which storage would be faster on AWS", header, rows, note, prose=True) if rows else None


def orders(prediction: PredictedRun) -> Iterator[str]:
    """For each kind the order of the backends, fastest first: where the run was made, then as predicted."""
    groups: dict[tuple[str, str], list[PredictedTime]] = {}
    for item in prediction.times:
        alike = case_name(item.case, prediction.cases).removeprefix(item.case.backend).removeprefix(" · ")
        groups.setdefault((item.kind, alike), []).append(item)
    for (kind, alike), items in groups.items():
        if len(items) > 1:
            pairs = {frozenset((item.a, item.b)): item for item in prediction.verdicts if item.kind == kind}
            known = all(item.run_ms is not None for item in items)
            here = f"{_run_order(items, pairs)} {prediction.basis.place}; " if known else ""
            what = " · ".join(filter(None, (state_of(kind), alike)))
            yield f"Predicted, {what}: {here}{_predicted_order(items, pairs)} on AWS, probably."


_Pairs = Mapping[frozenset[Case], PredictedVerdict]
_ALIKE = "about as fast as"


def _run_order(items: Sequence[PredictedTime], pairs: _Pairs) -> str:
    def words(before: str, verdict: PredictedVerdict) -> str:
        return "before" if verdict.run_says == before else _ALIKE

    return _in_words(sorted(items, key=lambda item: item.run_ms or 0.0), pairs, words)


def _predicted_order(items: Sequence[PredictedTime], pairs: _Pairs) -> str:
    def words(before: str, verdict: PredictedVerdict) -> str:
        if verdict.ahead is None:
            return _ALIKE
        return "before" if verdict.mark == "robust" and verdict.ahead == before else "perhaps before"

    return _in_words(sorted(items, key=lambda item: item.ms.median), pairs, words)


def _in_words(ordered: Sequence[PredictedTime], pairs: _Pairs, words: Callable[[str, PredictedVerdict], str]) -> str:
    said = ordered[0].case.backend
    for before, after in itertools.pairwise(item.case for item in ordered):
        said += f" {words(before.backend, pairs[frozenset((before, after))])} {after.backend}"
    return said


def rests_on(basis: Basis) -> str:
    """What the prediction was made of, in a sentence."""
    found = basis.core_time
    times = f"{found.median:.2g} ({found.low:.2g}-{found.high:.2g})" if found else ""
    return (
        f"A prediction, not a measurement: from the phases of the run of {basis.run_utc[:10]} {basis.place}, and from "
        f"figures of Lambda that others published until {basis.figures_date}; {basis.draws:,} draws, seed {basis.seed}"
        + (f"; a vCPU takes {times} times as long as a core there." if times else ".")
    )


def interval(likely: Likely) -> str:
    """`123 (110-140)`: the median and the ends."""
    return f"{ms(likely.median)} ({ms(likely.low)}-{ms(likely.high)})"


def width(item: PredictedTime) -> str:
    """The parameter that most of the interval comes from, with its share."""
    if item.widest is None:
        return "-"
    name, share = item.widest
    return f"{name}, {share:.0%}"


def likelihood(share: float) -> str:
    """A share of the draws; `never` and `always` only where it is none or all of them."""
    if share in (0.0, 1.0):
        return "always" if share else "never"
    return f"{min(max(share, 0.01), 0.99):.0%}"


def sentence(item: PredictedVerdict, cases: Sequence[Case]) -> str:
    """Who is faster and by how much; the other cases tell what must be named."""
    if item.first is None:
        return "the same time: nothing in it depends on the storage"
    second, sign = (item.b, -1) if item.first == item.a else (item.a, 1)
    ahead, behind = storage_name(item.first, cases), storage_name(second, cases)
    low, high = sorted(sign * end + 0.0 for end in (item.difference_ms.low, item.difference_ms.high))
    if low == 0:
        return f"{ahead} is as fast as {behind}, or faster by up to {duration(high, 3)}"
    amount = f"{duration(abs(item.difference_ms.median), 3)} (95 % {duration(low, 3)} to {duration(high, 3)})"
    return f"{ahead} is {amount} faster than {behind}"


def mark(item: PredictedVerdict) -> str:
    """How far the verdict holds, with the share of the draws that agree."""
    if item.mark == "robust":
        return item.mark
    words = f"depends on {item.decided_by}" if item.mark == "depends" else item.mark
    return f"{words} ({likelihood(item.agreement)} of the draws agree)"


def beside_the_run(item: PredictedVerdict) -> str:
    """What the run says about the same pair."""
    if item.run_says is None:
        return "not resolved"
    if item.ahead is None:
        return f"{item.run_says} is faster"
    if item.run_says == item.ahead:
        return "the same"
    return f"{'the opposite' if item.turned_round else 'not so'}: {item.run_says} is faster"


def _pair(item: PredictedVerdict, prediction: PredictedRun) -> str:
    return f"{case_name(item.a, prediction.cases)} against {item.b.backend}"
