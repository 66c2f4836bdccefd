"""Says what a recommendation is: which storage to take under a traffic, by how much, how sure, what would change it."""

from __future__ import annotations

from dataclasses import dataclass

from bench.cost.month import Month
from bench.report.rounding import Ends
from bench.runs.plan import Variant
from bench.stats.verdict import Verdict

TITLE = "Which storage to take"


@dataclass(frozen=True)
class Standing:
    """A variant under a traffic: its `name` in this run, what a typical request waits in ms, and its month.

    `wait_ms` is the cold median times the share of cold starts, and the warm median times the rest.
    """

    variant: Variant
    name: str
    wait_ms: float
    month: Month


@dataclass(frozen=True)
class Against:
    """What is recommended, compared with another: the other's wait as a multiple of its own, with the interval (99 %),
    and likewise the other's dollars a month.
    """

    name: str
    wait_ratio: float
    wait_ratio_interval: Ends | None
    usd_ratio: float


@dataclass(frozen=True)
class More:
    """What it takes to decide; `rounds` is None where even a thousand would not. `usd` is 0 in a lab."""

    rounds: int | None
    minutes: float | None
    usd: float | None


@dataclass(frozen=True)
class Recommendation:
    """The answer for one traffic, called `traffic`.

    `take` is the variant to take, and `as_good` those that are shown to be neither slower nor dearer than it by more
    than the tie; undecided: `take` is None, and the answer is one of `between`. `answer` says it in a sentence, `sure`
    how sure that is, `changes` what would change it.
    """

    traffic: str
    words: str
    take: str | None
    as_good: tuple[str, ...]
    between: tuple[str, ...]
    standings: tuple[Standing, ...]
    against: tuple[Against, ...]
    more: More | None
    answer: str
    sure: str
    changes: tuple[str, ...]


@dataclass(frozen=True)
class PriceComparison:
    """The price of a cold start of `a` as a multiple of that of `b`, with its interval (95 %)."""

    a: Variant
    b: Variant
    ratio: float
    ratio_interval: Ends | None
    verdict: Verdict


@dataclass(frozen=True)
class Advice:
    """What a run says to a reader who has to decide.

    `withheld` says why there is no recommendation, if so. `unmeasured` are the kinds of cold start that the run lacks.
    """

    recommendations: tuple[Recommendation, ...]
    prices: tuple[PriceComparison, ...]
    unmeasured: tuple[str, ...]
    withheld: str | None = None

    @property
    def sentences(self) -> tuple[str, ...]:
        """All of it, as every view begins with it."""
        if self.withheld:
            return (f"No recommendation: {self.withheld}",)
        found = (
            " ".join((f"{item.traffic} ({item.words}): {item.answer}", item.sure, *item.changes))
            for item in self.recommendations
        )
        missing = f"Not measured, and not in this: cold starts of the kind {', '.join(self.unmeasured)}."
        return (*found, *([missing] if self.unmeasured else []))
