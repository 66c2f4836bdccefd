"""Derives from a run what to recommend under each traffic."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.cost.model import Costs
from bench.cost.traffic import Traffic
from bench.report.comparisons import by_round
from bench.report.costing import Costing, costs_of
from bench.report.deciding import CONFIDENCE, Decision, decide, wait_ratio
from bench.report.entrants import Entrant
from bench.report.measured import Measured
from bench.report.names import variant_name
from bench.report.other_cold_starts import OtherColdStarts
from bench.report.prediction import PredictedRun
from bench.report.recommendation import Advice, Against, More, PriceComparison, Recommendation, Standing
from bench.report.rounding import ends
from bench.report.wording import answer, changes, price_verdict, sure
from bench.runs.cold_starts import COLD_STARTS
from bench.runs.judge import Judged
from bench.runs.memory_sizes import buy_no_processor
from bench.runs.plan import Variant
from bench.runs.recorded import recorded_target
from bench.runs.records import Session
from bench.stats.quantiles import Interval
from bench.stats.verdict import Verdict


@dataclass(frozen=True)
class Findings:
    """What a recommendation stands on."""

    session: Session
    judged: Sequence[Judged]
    variants: Sequence[Measured]
    others: Sequence[OtherColdStarts]
    costs: Costing | None
    on_aws: PredictedRun | None
    untrusted: Sequence[str]


def advise(findings: Findings) -> Advice:
    """The recommendations, or why there are none."""
    costing, entrants = findings.costs, entrants_of(findings)
    unmeasured = tuple(_unmeasured(findings))
    if costing is None or (why := _withheld(findings, entrants)):
        return Advice((), (), unmeasured, "the run recorded no prices." if costing is None else why)
    found = [_recommendation(findings, costing, entrants, number) for number in range(len(costing.traffics))]
    return Advice(tuple(found), tuple(_prices(costing)), unmeasured)


def entrants_of(findings: Findings) -> list[Entrant]:
    """The variants over HTTP that have cold and warm samples; of several lengths or precisions, those of the first."""
    costing = findings.costs
    http = [item for item in findings.variants if item.variant.arm == "http"]
    alike = [item for item in http if _is_like(item.variant, http[0].variant)]
    among = [item.variant for item in http if item.variant.tokens == http[0].variant.tokens]
    found = []
    for item in alike if costing else ():
        costs = costing and costs_of(findings.judged, item.variant, findings.session, costing.rates, CONFIDENCE)
        if costs and item.cold.p50_ms is not None and item.warm.p50_ms is not None:
            cold, warm = (by_round(findings.judged, item.variant, state) for state in item.states)
            name = variant_name(item.variant, among)
            found.append(Entrant(item.variant, name, item.cold.p50_ms, item.warm.p50_ms, cold, warm, costs))
    return found


def _is_like(variant: Variant, first: Variant) -> bool:
    """Whether both do the same work: another text takes longer, and another precision may answer differently."""
    return (variant.tokens, variant.precision) == (first.tokens, first.precision)


def _withheld(findings: Findings, entrants: Sequence[Entrant]) -> str | None:
    """Why nothing can be recommended, in a sentence."""
    if findings.untrusted:
        return "the figures of this run must not be used."
    if buy_no_processor(findings.session) and len({entrant.variant.memory_mb for entrant in entrants}) > 1:
        return "the memory sizes did not change the share of the processors, as they do on Lambda."
    if len(entrants) < 2:
        return "it takes two storages with cold and warm requests over HTTP to compare."
    return None


def _recommendation(findings: Findings, costing: Costing, entrants: Sequence[Entrant], number: int) -> Recommendation:
    """The recommendation for the costing's traffic of this number."""
    traffic, keep_alive = costing.traffics[number], costing.rates.keep_alive
    months = {item.variant: item.months[number] for item in costing.variants}
    decisions = {
        at: decide([entrant.rival(traffic, at) for entrant in entrants])
        for at in (keep_alive.middle_s, *keep_alive.ends_s)
    }
    decision = decisions[keep_alive.middle_s]
    standings = tuple(
        Standing(
            variant=entrant.variant,
            name=entrant.name,
            wait_ms=round(entrant.wait_ms(traffic, keep_alive.middle_s), 3),
            month=months[entrant.variant],
        )
        for entrant in entrants
    )
    against = tuple(_against(decision, entrants, traffic, keep_alive.middle_s))
    more = None if decision.take else _more(decision, findings, entrants)
    return Recommendation(
        traffic=traffic.name,
        words=traffic.words,
        take=decision.take,
        as_good=decision.as_good,
        between=decision.between,
        standings=standings,
        against=against,
        more=more,
        answer=answer(decision, standings, against, more),
        sure=sure(decision, decisions, keep_alive),
        changes=tuple(changes(decision, entrants, traffic, keep_alive, findings.on_aws)),
    )


def _against(
    decision: Decision, entrants: Sequence[Entrant], traffic: Traffic, keep_alive_s: float
) -> Iterator[Against]:
    rivals = [entrant.rival(traffic, keep_alive_s) for entrant in entrants]
    taken = next((each for each in rivals if each.name == decision.take), None)
    for other in rivals if taken else ():
        found = wait_ratio(other.waits_ms, taken.waits_ms) if taken and other is not taken else None
        if taken and found:
            interval = ends(found.interval)
            yield Against(other.name, round(found.ratio, 3), interval, round(other.usd / taken.usd, 3))


def _more(decision: Decision, findings: Findings, entrants: Sequence[Entrant]) -> More:
    """What the missing rounds would take: minutes as this run took them, dollars where they are billed."""
    rounds = decision.more_rounds
    if rounds is None:
        return More(None, None, None)
    axes = findings.session.axes
    one = sum(each.costs.cold_start + axes.warm / axes.cold * each.costs.warm_request for each in entrants)
    usd = 0.0 if recorded_target(findings.session).is_lab else rounds * one
    return More(rounds, round(rounds * _round_s(findings.judged) / 60, 1), round(usd, 6))


def _round_s(judged: Sequence[Judged]) -> float:
    """How long a round took, in seconds: the median of those that began and ended in one session."""
    times: dict[tuple[int, int], list[float]] = {}
    for item in judged:
        times.setdefault((item.sample.session, item.sample.round), []).append(item.sample.elapsed_s)
    starts = sorted(min(found) for found in times.values())
    gaps = [later - sooner for sooner, later in itertools.pairwise(starts) if later > sooner]
    return statistics.median(gaps or [0.0])


def _prices(costing: Costing) -> Iterator[PriceComparison]:
    for a, b in itertools.combinations(costing.variants, 2):
        if a.variant.is_like(b.variant):
            among = [item.variant for item in costing.variants]
            names = [variant_name(item.variant, among) for item in (a, b)]
            yield _price(a.variant, b.variant, a.costs, b.costs, names)


def _price(a: Variant, b: Variant, first: Costs, second: Costs, names: Sequence[str]) -> PriceComparison:
    ratio = first.cold_start / second.cold_start
    x, y = first.cold_start_interval, second.cold_start_interval
    interval = Interval(x.low / y.high, x.high / y.low) if x and y and y.low > 0 else None
    resolved = interval is not None and not interval.low <= 1 <= interval.high
    usd = (first.cold_start, second.cold_start)
    verdict = Verdict(resolved, price_verdict(names, usd, ratio, interval, resolved))
    return PriceComparison(a, b, round(ratio, 3), ends(interval), verdict)


def _unmeasured(findings: Findings) -> Iterator[str]:
    """The kinds of cold start that functions have as deployed, are reported apart, and are not in the run."""
    measured, as_deployed = {item.kind for item in findings.others}, (kind for kind in COLD_STARTS if not kind.made_by)
    yield from (kind.name for kind in as_deployed if kind.reported_apart and kind.name not in measured)
