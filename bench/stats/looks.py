"""Plans the looks of a run that goes on until differences are resolved, so that looking often finds no false ones.

The error rate is divided among the looks, each spending the share of rounds that came since the one before (Kim and
DeMets' power family with exponent 1). The levels add up to the whole rate. So by the union bound, and because the
signed-rank test is exact, the chance of any false difference is at most that rate, whatever the latencies are like.

Stopping when a difference shows favours large ones, so a plain interval would hold the truth a little less often than
it says. `CONFIDENCE` makes up for that: chosen by simulation (`tests/bench/support/stopping.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

RATE = 0.05
CONFIDENCE = 0.96  # of intervals that are to hold in 95 % of runs


@dataclass(frozen=True)
class Look:
    """A look at the differences after so many rounds: they count where their adjusted p-value is at most `level`."""

    rounds: int
    level: float


def looks(first: int, most: int) -> tuple[Look, ...]:
    """Looks after `first` rounds, after twice as many, and so on until `most`."""
    rounds = []
    while first < most:
        rounds.append(first)
        first *= 2
    rounds.append(most)
    return tuple(Look(n, RATE * (n - before) / most) for before, n in zip((0, *rounds), rounds, strict=False))


def can_resolve(pairs: int, look: Look) -> bool:
    """Whether so many differences can all be found at this look: if every round of each has the same sign."""
    return pairs * 0.5 ** (look.rounds - 1) <= look.level
