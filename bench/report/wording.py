"""Words a recommendation: what to take, how sure that is, and what would change it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from bench.cost.keep_alive import KeepAlive
from bench.cost.month import RATES_PER_HOUR, usd_at
from bench.cost.traffic import Steady, Traffic
from bench.report.deciding import CONFIDENCE, TIE, Decision, right
from bench.report.entrants import Entrant
from bench.report.on_aws import mark, sentence
from bench.report.prediction import PredictedRun, PredictedVerdict, storage_name
from bench.report.recommendation import Against, More, Standing
from bench.runs.cold_starts.first_deploy import FirstDeploy
from bench.runs.cold_starts.kind import WARM
from bench.runs.cold_starts.new_sandbox import NewSandbox
from bench.stats.quantiles import Interval
from bench.text.numbers import milliseconds, money, per_hour_words, times

_COLD_MATTERS = 1.25  # from this multiple of a warm request on


def answer(decision: Decision, standings: Sequence[Standing], against: Sequence[Against], more: More | None) -> str:
    """What to take, by how much faster and cheaper; or that it is undecided, and what would decide it."""
    by_name = {item.name: item for item in standings}
    if decision.take is None:
        parts = [
            f"{name} waits {milliseconds(by_name[name].wait_ms)} for {money(by_name[name].month.usd)} a month"
            for name in decision.between
        ]
        return f"Undecided between {_listed(decision.between)}: {'; '.join(parts)}. {_needed(more)}"
    taken = by_name[decision.take]
    as_good = f" ({_listed(decision.as_good)} would be as good)" if decision.as_good else ""
    others = "; ".join(f"with {_speed(item)}, for {money(by_name[item.name].month.usd)}" for item in against)
    return (
        f"Take {taken.name}{as_good}: a typical request waits {milliseconds(taken.wait_ms)}, "
        f"for {money(taken.month.usd)} a month; {others}."
    )


def _speed(item: Against) -> str:
    low, high = item.wait_ratio_interval or (None, None)
    between = f" ({times(low)} to {times(high)})" if low is not None and high is not None else ""
    if (low is not None and low > 1) or (high is not None and high < 1):
        return f"{item.name} {times(item.wait_ratio)} times as long{between}"
    return f"{item.name} no difference is shown{between}"


def _needed(more: More | None) -> str:
    if more is None or more.rounds is None:
        return f"They are too near a tie ({TIE - 1:.0%}) for 1,000 rounds to tell."
    rounds = f"about {more.rounds} more round{'' if more.rounds == 1 else 's'}"
    usd = f", {money(more.usd)}" if more.usd else ""
    minutes = max(1, math.ceil(more.minutes or 0))
    return f"It takes {rounds} ({minutes:,} minute{'' if minutes == 1 else 's'}{usd})."


def sure(decision: Decision, decisions: Mapping[float, Decision], keep_alive: KeepAlive) -> str:
    """How sure it is, and whether that holds over the keep-alive's whole range."""
    if decision.take is None:
        return f"({CONFIDENCE:.0%} intervals over {decision.rounds} rounds do not exclude another answer.)"
    other = {
        seconds: found for seconds, found in decisions.items() if decision.take not in (found.take, *found.as_good)
    }
    shown = f"Shown by {CONFIDENCE:.0%} intervals over {decision.rounds} rounds"
    if not other:
        return f"{shown}, for idle environments that stay {keep_alive.words}."
    cases = "; ".join(
        f"if it stays {seconds / 60:g} minutes, {found.take or f'undecided between {_listed(found.between)}'}"
        for seconds, found in other.items()
    )
    return f"{shown}, if an idle environment stays {keep_alive.middle_min:g} minutes; {cases}."


def changes(
    decision: Decision,
    entrants: Sequence[Entrant],
    traffic: Traffic,
    keep_alive: KeepAlive,
    on_aws: PredictedRun | None,
) -> Iterator[str]:
    """What would change the answer: another rate, AWS as it is predicted, the first start after a deployment."""
    if isinstance(traffic, Steady) and decision.take:
        yield from _other_rates(decision.take, entrants, traffic, keep_alive.middle_s)
    if on_aws and _is_cold(entrants, traffic, keep_alive):
        names = decision.between if decision.take is None else (decision.take,)
        backends = {entrant.variant.backend for entrant in entrants if entrant.name in names}
        yield from _on_aws(decision, backends, on_aws, entrants)


def _is_cold(entrants: Sequence[Entrant], traffic: Traffic, keep_alive: KeepAlive) -> bool:
    """Whether cold starts are much of what is waited for."""
    return any(
        entrant.wait_ms(traffic, at) > _COLD_MATTERS * entrant.warm_ms
        for entrant in entrants
        for at in keep_alive.ends_s
    )


def _other_rates(take: str, entrants: Sequence[Entrant], traffic: Steady, keep_alive_s: float) -> Iterator[str]:
    """The nearest rates, below and above, from which the figures say something else."""

    def taken(rate: float) -> tuple[str, ...]:
        at = traffic.at(rate)
        return right([(e.name, e.wait_ms(at, keep_alive_s), usd_at(e.costs, at, keep_alive_s)) for e in entrants])

    for words, rates in (
        ("Below", [rate for rate in reversed(RATES_PER_HOUR) if rate < traffic.per_hour]),
        ("Above", [rate for rate in RATES_PER_HOUR if rate > traffic.per_hour]),
    ):
        found = next(((rate, best) for rate in rates if take not in (best := taken(rate))), None)
        if found:
            yield f"{words} about {per_hour_words(found[0])} requests an hour: {_listed(found[1], 'or')}."


def _on_aws(decision: Decision, backends: set[str], on_aws: PredictedRun, entrants: Sequence[Entrant]) -> Iterator[str]:
    """Where the prediction for AWS is not surely the same; the storages are compared, as in this run."""
    asked = {(each.variant.engine, each.variant.tokens, each.variant.precision) for each in entrants}
    pairs = [
        item
        for item in on_aws.verdicts
        if (item.a.engine, item.a.tokens, item.a.precision) in asked and _concerns(item, backends, decision)
    ]
    open_ = [item for item in pairs if item.kind == NewSandbox.name and not _agrees(item, backends)]
    if open_:
        yield f"On AWS (predicted) {'; '.join(f'{sentence(item, on_aws.cases)}: {mark(item)}' for item in open_)}."
    elif any(item.kind == NewSandbox.name for item in pairs):
        yield "The prediction for AWS says the same of cold starts."
    firsts = {item.first for item in pairs if item.kind == FirstDeploy.name and item.ahead not in backends}
    ahead = sorted(storage_name(case, on_aws.cases) for case in firsts if case)
    if ahead and decision.take:
        yield f"The first cold start after a deployment is probably faster with {_listed(ahead, 'or')} (predicted)."


def _concerns(item: PredictedVerdict, backends: set[str], decision: Decision) -> bool:
    pair = {item.a.backend, item.b.backend}
    return item.kind != WARM and bool(pair & backends if decision.take else pair <= backends)


def _agrees(item: PredictedVerdict, backends: set[str]) -> bool:
    return item.mark == "robust" and item.ahead in backends and not item.turned_round


def price_verdict(
    names: Sequence[str], usd: Sequence[float], ratio: float, interval: Interval | None, resolved: bool
) -> str:
    """The sentence on the price of a cold start with one storage and with another."""
    (a, b), (first, second) = names, usd
    if not resolved:
        return f"a cold start with {a} ({money(first)}) and one with {b} ({money(second)}): no difference is shown."
    if ratio < 1:
        (a, b), (first, second), ratio = (b, a), (second, first), 1 / ratio
        interval = interval and Interval(1 / interval.high, 1 / interval.low)
    between = f" (95 % {times(interval.low)}-{times(interval.high)})" if interval else ""
    return f"a cold start with {a} costs {money(first)}, {times(ratio)} times{between} one with {b} ({money(second)})."


def _listed(names: Sequence[str], word: str = "and") -> str:
    return f" {word} ".join(", ".join(names).rsplit(", ", 1))
