"""Says what a plan is expected to take and cost, and asks before the run spends more than the user allowed."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from bench.cost.estimate import COLD_S, VISIT_OVERHEAD_S, WARM_S, Estimate, estimate
from bench.cost.prices import Prices
from bench.process.errors import UsageError
from bench.process.say import warn
from bench.runs.plan import Visit
from bench.text.numbers import money


def describe(expected: Estimate, prices: Prices) -> str:
    """The estimate and what it assumes, as text."""
    on_aws, in_a_lab = (math.ceil(seconds / 60) for seconds in (expected.seconds, expected.lab_seconds))
    return (
        f"{expected.requests:,} requests, {expected.cold_starts:,} cold starts; on AWS about {on_aws:,} minutes and "
        f"{money(expected.usd)} (prices of {prices.region}, {prices.date}); in a lab about {in_a_lab:,} minutes.\n"
        f"{assumed()}"
    )


def assumed() -> str:
    """What the estimate assumes, as text."""
    guesses = ", ".join(f"{engine}: cold {COLD_S[engine]:g} s, warm {WARM_S[engine]:g} s" for engine in COLD_S)
    return (
        f"assumed: {guesses}, on AWS; {VISIT_OVERHEAD_S:g} s per forced cold start; storage and idle cost not counted; "
        "the default model."
    )


@dataclass(frozen=True)
class Allowance:
    """What the user allows to be spent, in USD by a price table; `agreed`: more than that as well, without asking."""

    prices: Prices
    limit_usd: float
    agreed: bool

    def check(self, plan: Sequence[Visit], architecture: str) -> None:
        """Raises UsageError when the plan on AWS is too dear and nobody says yes."""
        expected = estimate(plan, self.prices, architecture)
        warn(describe(expected, self.prices))
        if expected.usd <= self.limit_usd or self.agreed:
            return
        asked = f"This is above {money(self.limit_usd)}. Go on? [y/N] "
        if sys.stdin.isatty() and input(asked).strip().lower() == "y":
            return
        raise UsageError(f"expected to cost more than {money(self.limit_usd)}; allow it with --spend or --yes")
