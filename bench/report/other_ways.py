"""Says what other ways there are to answer a run's requests: what each costs, where it pays, and how long it takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from bench.cost.alternatives.on_demand import ON_DEMAND
from bench.cost.alternatives.quotes import Quote, Stretch, quotes
from bench.cost.keep_alive import KeepAlive
from bench.cost.model import Costs
from bench.cost.month import RATES_PER_HOUR
from bench.cost.traffic import Traffic
from bench.report.measured import Measured
from bench.report.other_cold_starts import OtherColdStarts
from bench.report.table import Table
from bench.runs.cold_starts.provisioned import Ready
from bench.text.numbers import money, ms, per_hour_words
from contract.run_modes import ON_DEMAND as RUN_ON_DEMAND
from published.read import figure

MEASURED, PUBLISHED, NOT_KNOWN = "measured here", "published", "not known"
_IN_LAB = ", and those that were measured here are of the lab, not of AWS"


@dataclass(frozen=True)
class Wait:
    """How long a caller waits, in ms, for a request of the kind `what`, and who says so: `known`, with the source."""

    what: str
    ms: float
    known: str
    source: str | None = None


@dataclass(frozen=True)
class Way:
    """A priced alternative, and all that is known of how long it takes: nothing, if there are no waits."""

    quote: Quote
    waits: tuple[Wait, ...]


@dataclass(frozen=True)
class OtherWays:
    """Every way to answer the requests of one function, called `name`; first as it was measured, `in_lab` or on AWS.

    The months are of the `traffics`, in their order.
    """

    name: str
    in_lab: bool
    traffics: tuple[Traffic, ...]
    ways: tuple[Way, ...]


@dataclass(frozen=True)
class Known:
    """What a run knows of a function: as it was measured on demand, and the requests of the kinds reported apart."""

    measured: Measured
    others: Sequence[OtherColdStarts]

    @property
    def ready_ms(self) -> float | None:
        """The median of what the function answered from environments kept ready; no path leads to these, only invokes.

        None where the run kept none ready.
        """
        asked = {replace(self.measured.variant, arm=arm) for arm in Ready.arms}
        found = (row for row in self.others if row.kind == Ready.name and row.variant in asked)
        return next((row.cold_p50_ms for row in found), None)


def other_ways(
    name: str, in_lab: bool, costs: Costs, known: Known, traffics: Sequence[Traffic], keep_alive: KeepAlive
) -> OtherWays:
    """The ways for a function that was measured on demand; none for another, and for costs that say too little."""
    found = quotes(costs, traffics, keep_alive) if known.measured.variant.mode is RUN_ON_DEMAND else ()
    return OtherWays(name, in_lab, tuple(traffics), tuple(Way(quote, tuple(_waits(quote, known))) for quote in found))


def _waits(quote: Quote, known: Known) -> Iterator[Wait]:
    if quote.missing:
        return
    waits, measured = quote.way.waits, known.measured
    if waits.published:
        found = figure(waits.published)
        yield Wait("restore", found.range.value, PUBLISHED, f"{found.name}: {found.source}, {found.date}")
    states = (
        (waits.cold, "cold", measured.cold.p50_ms),
        (waits.warm, "warm", measured.warm.p50_ms),
        (waits.ready, "kept ready, invoked directly", known.ready_ms),
    )
    yield from (Wait(name, value, MEASURED) for wanted, name, value in states if wanted and value is not None)


def other_ways_table(found: Sequence[OtherWays]) -> Table | None:
    """Dollars a month under each traffic, where each way is the cheaper one, and how long its requests take.

    None where nothing else can be priced.
    """
    rows = [
        (f"{item.name} · {quote.way.name}", *map(money, quote.months_usd), _cheaper(quote), _waited(way))
        for item in found
        for way in item.ways
        for quote in (way.quote,)
        if not quote.missing
    ]
    if not rows:
        return None
    usd = (f"{traffic.name}, USD a month" for traffic in found[0].traffics)
    header = ("storage and way", *usd, "cheaper than on demand", "a request takes, ms")
    return Table("Other ways to answer the same requests", header, rows, _note(found))


def _cheaper(quote: Quote) -> str:
    if quote.way is ON_DEMAND:
        return "-"
    return " and ".join(map(_stretch, quote.cheaper)) or "never"


def _stretch(found: Stretch) -> str:
    low, high = (None if end is None else per_hour_words(end) for end in (found.low, found.high))
    if low and high:
        return f"{low} to {high}/h"
    return f"from {low}/h" if low else f"up to {high}/h" if high else "always"


def _waited(way: Way) -> str:
    """`1,328 cold, 110 warm (measured here)`, or that it is not known."""
    said = []
    for known in dict.fromkeys(wait.known for wait in way.waits):
        values = ", ".join(f"{ms(wait.ms)} {wait.what}" for wait in way.waits if wait.known == known)
        said.append(f"{values} ({known})")
    return ", ".join(said) or NOT_KNOWN


def _note(found: Sequence[OtherWays]) -> str:
    """What every row rests on, what is left out, and the sources of what others published."""
    ways = [way for item in found for way in item.ways]
    assumed = dict.fromkeys(f"{way.quote.way.name}: {way.quote.way.assumed}" for way in ways if not way.quote.missing)
    sources = dict.fromkeys(wait.source for way in ways for wait in way.waits if wait.source)
    left_out = "; ".join(_left_out(found))
    return " ".join(
        (
            "Priced, not measured; only on demand was, and the times that say so. Cheaper than on demand: at these "
            "rates of requests, at random around the clock, "
            f"from {RATES_PER_HOUR[0]:g} to {RATES_PER_HOUR[-1]:,.0f} an hour; the ends are the break-evens. "
            f"Times are medians{_IN_LAB if any(item.in_lab for item in found) else ''}. "
            f"{'; '.join(assumed)}.",
            *(f"Published: {source}." for source in sources),
            *([f"Left out: {left_out}."] if left_out else ()),
        )
    )


def _left_out(found: Iterable[OtherWays]) -> Iterator[str]:
    names: dict[tuple[str, str], list[str]] = {}
    for item in found:
        for way in item.ways:
            if way.quote.missing:
                names.setdefault((way.quote.way.name, way.quote.missing), []).append(item.name)
    yield from (f"{way} for {', '.join(which)}: {why}" for (way, why), which in names.items())
