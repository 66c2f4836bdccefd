"""Says which backend of a measured run meets a latency objective at what cost, and what that rests on."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.cost.choose import UNDECIDED, Candidate, Objective, Option, visits_needed, weigh
from bench.cost.model import HOURS_PER_MONTH, Assumptions
from bench.cost.prices import Prices
from bench.cost.traffic import Traffic
from bench.process.errors import UnsoundError
from bench.report.costing import costs_of
from bench.report.names import variant_name
from bench.report.notes import BEYOND_MARK, BEYOND_NOTE, LAB_NOTE
from bench.report.report import Report
from bench.report.table import Table
from bench.runs.memory_sizes import buy_no_processor
from bench.runs.selection import answered_share, select
from bench.text.numbers import money, money_range, percent


@dataclass(frozen=True)
class Question:
    """What is wanted under which traffic, and what is assumed: an idle environment stays `keep_alive_min` minutes."""

    objective: Objective
    traffic: Traffic
    keep_alive_min: float
    prices: Prices
    assumptions: Assumptions


@dataclass(frozen=True)
class Choice:
    """The backends, the best first, and what was assumed in sentences."""

    objective: Objective
    options: tuple[Option, ...]
    assumed: tuple[str, ...]

    @property
    def best(self) -> Option:
        """The cheapest that is shown to meet the objective, else the one that comes closest."""
        return self.options[0]

    @property
    def sentence(self) -> str:
        """The answer."""
        wanted, best = f"{self.objective.share:.0%} within {self.objective.limit_ms:g} ms", self.best
        if best.meets:
            return f"{best.name}: the cheapest that is shown to answer {wanted}, {money(best.usd_month)} a month"
        closest = f"{best.name} comes closest ({percent(best.within)})"
        if best.verdict == UNDECIDED:
            return f"Undecided: no backend is shown to answer {wanted}; {closest}"
        return f"No backend answers {wanted}; {closest}"


def choose(report: Report, question: Question) -> Choice:
    """Weigh the backends of a run.

    Raises UnsoundError where none has valid cold and warm samples, and where memory sizes cannot be compared.
    """
    if buy_no_processor(report.meta.session) and len({variant.memory_mb for variant in report.compared}) > 1:
        raise UnsoundError(
            "the memory sizes of this run did not change the share of the processors, as they do on Lambda: their "
            "costs cannot be compared. Measure them in a lab with --shape processor or lambda, or on AWS"
        )
    candidates = _candidates(report, question)
    shares = {candidate.name: _cold_share(candidate, question) for candidate in candidates}
    requests_month = question.traffic.per_hour * HOURS_PER_MONTH
    found = weigh(candidates, question.objective, requests_month, shares)
    return Choice(question.objective, tuple(found), tuple(_assumed(report, question)))


def _candidates(report: Report, question: Question) -> list[Candidate]:
    found, judged, session = [], report.judged, report.meta.session
    for variant in report.compared:
        priced = costs_of(judged, variant, session, question.prices, question.assumptions)
        if priced and variant.arm == "http":
            cold, warm = (select(judged, variant, state).outcomes for state in ("cold", "warm"))
            name = variant_name(variant, report.compared) + BEYOND_MARK * (variant in report.beyond)
            found.append(Candidate(name, cold, warm, priced, answered_share(judged, variant)))
    if not found:
        raise UnsoundError("no backend of this run has valid cold and warm samples: there is nothing to choose from")
    return found


def _cold_share(candidate: Candidate, question: Question) -> float:
    cold_s, warm_s = (_median_s(visits) for visits in (candidate.cold_ms, candidate.warm_ms))
    return question.traffic.cold_share(question.keep_alive_min * 60, cold_s, warm_s)


def _median_s(visits: Sequence[Sequence[float]]) -> float:
    """The median of the answered requests; 0 without any."""
    return statistics.median([x for visit in visits for x in visit if x < math.inf] or [0.0]) / 1e3


def _assumed(report: Report, question: Question) -> list[str]:
    traffic, prices, share = question.traffic, question.prices, question.objective.share
    notes = [
        f"an idle environment stays {question.keep_alive_min:g} minutes (AWS does not publish this time); "
        f"{traffic.overlap}",
        f"{traffic.per_hour:g} requests an hour, {traffic.per_hour * HOURS_PER_MONTH:,.0f} a month",
        f"list prices of {prices.region}, {prices.date}; {question.assumptions.stored_bytes / 1e6:.0f} MB stored; "
        "INIT billed; no free tier",
    ]
    needed = visits_needed(share)
    known = "no number of visits shows all requests" if needed is None else f"it takes {needed} visits without a miss"
    notes.append(
        "a request that failed, timed out or is not proven is not within any limit; shares are exact binomial limits "
        f"(95 %), with visits as the trials: {known} to show this share"
    )
    notes += [BEYOND_NOTE] * bool(report.beyond)
    return notes + [LAB_NOTE] * report.meta.target.is_lab


def options_table(choice: Choice) -> Table:
    """All backends, the best first."""
    rows = [
        (
            item.name, f"{item.cold_share:.2%}", percent(item.answered_share), percent(item.within),
            f"{item.within_low:.1%} to {item.within_high:.1%}", item.verdict, money(item.usd_month),
            money_range(item.usd_month_interval),
        )
        for item in choice.options
    ]  # fmt: skip
    header = ("backend", "cold starts", "answered", "within", "95 % limits", "meets it", "USD a month", "95 %")
    return Table("", header, rows)
