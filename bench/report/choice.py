"""Says which backend of a measured run meets a latency objective at what cost, and what that rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.cost.choose import UNDECIDED, Candidate, Objective, Option, visits_needed, weigh
from bench.cost.traffic import Traffic
from bench.process.errors import UnsoundError
from bench.report.costing import Rates, bundle_sizes, costs_of, sizes_in_words
from bench.report.measured import Measured
from bench.report.names import variant_name
from bench.report.notes import BEYOND_MARK, BEYOND_NOTE, LAB_NOTE
from bench.report.on_aws import interval
from bench.report.other_ways import Known, OtherWays, other_ways, other_ways_table
from bench.report.precisions import meets_agreement
from bench.report.prediction import PredictedTime, case_name, state_of
from bench.report.report import Report
from bench.report.table import Table
from bench.runs.cold_starts.kind import WARM
from bench.runs.cold_starts.new_sandbox import NewSandbox
from bench.runs.cold_starts.scale_out import ScaleOut
from bench.runs.judge import PROACTIVE, SUPERSEDED, Judged
from bench.runs.memory_sizes import buy_no_processor
from bench.runs.plan import Variant
from bench.runs.selection import answered_share, by_visit, outcome_ms, select
from bench.stats.clusters import Visits
from bench.text.numbers import money, money_range, percent, share_range


@dataclass(frozen=True)
class Question:
    """What is wanted under which traffic, the `agreement` with fp32 that is required, and what bills rest on."""

    objective: Objective
    traffic: Traffic
    rates: Rates
    agreement: float | None = None


@dataclass(frozen=True)
class Choice:
    """The storages under a traffic, the best first, with other ways to answer the same requests, what was assumed in
    sentences, and the times that are predicted for AWS.
    """

    objective: Objective
    options: tuple[Option, ...]
    other_ways: tuple[OtherWays, ...]
    assumed: tuple[str, ...]
    on_aws: tuple[PredictedTime, ...]

    @property
    def best(self) -> Option:
        """The cheapest that is shown to meet the objective, else the one that comes closest."""
        return self.options[0]

    @property
    def sentence(self) -> str:
        """The answer."""
        wanted, best = f"{percent(self.objective.share)} within {self.objective.limit_ms:g} ms", self.best
        if best.meets:
            return f"{best.name}: the cheapest that is shown to answer {wanted}, {money(best.usd_month)} a month"
        closest = f"{best.name} comes closest ({percent(best.within)})"
        said = f"No storage answers {wanted}; {closest}"
        if best.verdict == UNDECIDED:
            said = f"Undecided: no storage is shown to answer {wanted}; {closest}"
        ready = sorted(
            (each.with_one_ready for each in self.options if each.with_one_ready and each.with_one_ready.meets),
            key=lambda each: each.usd_month,
        )
        if not ready:
            return said
        return (
            f"{said}. With one environment kept ready, {ready[0].name} would, for {money(ready[0].usd_month)} a month "
            "(priced, not measured)"
        )


def choose(report: Report, question: Question) -> Choice:
    """Weigh the backends of a run.

    Raises UnsoundError where none has valid cold and warm samples, and where memory sizes cannot be compared.
    """
    if buy_no_processor(report.meta.session) and len({variant.memory_mb for variant in report.compared}) > 1:
        raise UnsoundError(
            "the memory sizes of this run did not change the share of the processors, as they do on Lambda: their "
            "costs cannot be compared. Measure them in a lab with --shape processor or lambda, or on AWS"
        )
    among = _candidates(report, question)
    candidates = [candidate for _, candidate in among]
    found = weigh(candidates, question.objective, question.traffic, question.rates.keep_alive)
    wanted = (NewSandbox.name, WARM)
    on_aws = tuple(item for item in report.on_aws.times if item.kind in wanted) if report.on_aws else ()
    bursts = any(candidate.crowded_ms for candidate in candidates)
    return Choice(
        objective=question.objective,
        options=tuple(found),
        other_ways=tuple(_other_ways(among, found, question, report)),
        assumed=tuple(_assumed(report, question, bursts)),
        on_aws=on_aws,
    )


def _candidates(report: Report, question: Question) -> list[tuple[Measured, Candidate]]:
    found, judged, session = [], report.judged, report.meta.session
    for item in report.variants:
        variant = item.variant
        priced = costs_of(judged, variant, session, question.rates)
        if priced and variant.arm == "http":
            cold, warm = (select(judged, variant, state).outcomes for state in ("cold", "warm"))
            name = variant_name(variant, report.compared) + BEYOND_MARK * (variant in report.beyond)
            crowded, answered = _crowded(judged, variant), answered_share(judged, variant)
            agrees = meets_agreement(report.precisions, variant, question.agreement)
            found.append((item, Candidate(name, cold, warm, priced, crowded, answered, agrees)))
    if not found:
        raise UnsoundError("no backend of this run has valid cold and warm samples: there is nothing to choose from")
    return found


def _other_ways(
    among: Sequence[tuple[Measured, Candidate]], options: Sequence[Option], question: Question, report: Report
) -> Iterator[OtherWays]:
    """In the order of the options."""
    for option in options:
        item, one = next(each for each in among if each[1].name == option.name)
        known, in_lab = Known(item, report.other_cold_starts), report.meta.target.is_lab
        yield other_ways(one.name, in_lab, one.costs, known, (question.traffic,), question.rates.keep_alive)


def _crowded(judged: Sequence[Judged], variant: Variant) -> Visits:
    """The cold starts of bursts, by visit: failed ones, too, of which nobody knows what they were."""
    return by_visit(
        (item, outcome_ms(item))
        for item in judged
        if item.sample.variant == variant
        and item.sample.cold_kind == ScaleOut.name
        and item.sample.seen.invocation in (1, None)
        and item.status not in (PROACTIVE, SUPERSEDED)
    )


def _assumed(report: Report, question: Question, bursts: bool) -> Iterator[str]:
    traffic, rates, share = question.traffic, question.rates, question.objective.share
    yield f"{traffic.words}; an idle environment stays {rates.keep_alive.words} ({rates.keep_alive.source})"
    yield (
        f"list prices of {rates.prices.region}, {rates.prices.date}; "
        f"{sizes_in_words(bundle_sizes(report.meta.session, rates.stored_bytes))} stored; INIT billed; no free tier"
    )
    overlapping = "as measured in bursts" if bursts else "as those alone, because no bursts were measured"
    yield f"cold starts while other requests are under way take as long {overlapping}"
    needed = visits_needed(share)
    known = "no number of visits shows all requests" if needed is None else f"it takes {needed} visits without a miss"
    yield (
        "a request that failed, timed out or is not proven is not within any limit; shares are exact binomial limits "
        f"(95 %), with visits as the trials, over every keep-alive: {known} to show this share"
    )
    yield from (f"agreement with fp32: {item.sentence}" for item in report.precisions)
    if question.agreement is not None:
        yield (
            f"an agreement of at least {percent(question.agreement)} is required: of first answers, in this run and as "
            "the build measured it; where the build did not, it is not known, and the precision is undecided"
        )
    yield from [BEYOND_NOTE] * bool(report.beyond)
    yield from [LAB_NOTE] * report.meta.target.is_lab


def options_table(choice: Choice) -> Table:
    """All backends, the best first."""
    rows = [
        (
            item.name, share_range(item.month.cold_shares), percent(item.answered_share), percent(item.within),
            f"{item.within_low:.1%} to {item.within_high:.1%}", item.verdict, money(item.usd_month),
            _dollars(item),
        )
        for item in choice.options
    ]  # fmt: skip
    header = (
        "storage", "cold starts", "answered", "within", "95 % limits", "meets it", "USD a month", "95 %",
    )  # fmt: skip
    return Table("", header, rows)


def _dollars(item: Option) -> str:
    found = item.month.interval
    return money_range((found.low, found.high) if found else None)


def ready_table(choice: Choice) -> Table | None:
    """The same with an environment of provisioned concurrency; None where its prices are not known."""
    found = [item.with_one_ready for item in choice.options if item.with_one_ready]
    rows = [
        (item.name, f"{item.within_low:.1%} to {item.within_high:.1%}", item.verdict, money(item.usd_month))
        for item in found
    ]
    note = "Provisioned concurrency: priced, not measured; its requests are taken to be as fast as warm ones."
    header = ("storage", "within, 95 % limits", "would meet it", "USD a month")
    return Table("With one environment kept ready", header, rows, note) if rows else None


def ways_table(choice: Choice) -> Table | None:
    """Other ways to answer the same requests; None where nothing else can be priced."""
    return other_ways_table(choice.other_ways)


def predicted_table(choice: Choice) -> Table | None:
    """What is predicted for AWS, beside the objective; None for a run on AWS, and where nothing is predicted."""
    limit, cases = choice.objective.limit_ms, [item.case for item in choice.on_aws]
    rows = [
        (f"{state_of(item.kind)} · {case_name(item.case, cases)}", interval(item.ms), _fits(item, limit))
        for item in choice.on_aws
    ]
    note = "Predicted for AWS, not measured: medians of the draws, in brackets where 95 % of them lie."
    header = ("kind", "predicted for AWS, ms", f"within {limit:g} ms")
    return Table("On AWS, probably", header, rows, note) if rows else None


def _fits(item: PredictedTime, limit_ms: float) -> str:
    if item.ms.high <= limit_ms:
        return "yes"
    return "no" if item.ms.low > limit_ms else "perhaps"
