"""Says what a search for the highest rate found: a rate that is shown to meet the objective, and one that is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.report.loads.steps import arrivals_of, measured_steps
from bench.runs.loads import Load, Step
from bench.runs.objective import FAILS, MEETS, Met, Objective, judge_step


@dataclass(frozen=True)
class Tried:
    """A rate that was tried, in requests a second, and how it met the objective; None if nothing came due."""

    rate: float
    requests: int
    met: Met | None


@dataclass(frozen=True)
class Searched:
    """The rates tried at a backend, in the order in which they were."""

    backend: str
    objective: str
    tried: tuple[Tried, ...]

    @property
    def highest_met(self) -> float | None:
        """The highest rate that is shown to meet the objective, below all that are shown not to."""
        fails = self.lowest_failed
        met = [each.rate for each in self._with(MEETS) if fails is None or each.rate < fails]
        return max(met, default=None)

    @property
    def lowest_failed(self) -> float | None:
        """The lowest rate that is shown not to meet it."""
        return min((each.rate for each in self._with(FAILS)), default=None)

    @property
    def sentence(self) -> str:
        """The answer, with both bounds."""
        met, failed = self.highest_met, self.lowest_failed
        if met is None:
            found = f"no rate is shown to meet {self.objective}"
            lowest = min((each.rate for each in self.tried), default=None)
            found += f"; the lowest tried was {lowest:g} a second" if lowest is not None else ""
        else:
            found = f"{met:g} requests a second are shown to meet {self.objective}"
        above = "no rate is shown not to" if failed is None else f"{failed:g} a second are shown not to"
        return f"{self.backend}: {found}; {above}; what lies between is undecided."

    def _with(self, verdict: str) -> Iterator[Tried]:
        return (each for each in self.tried if each.met is not None and each.met.verdict == verdict)


def searched(load: Load, objective: Objective) -> tuple[Searched, ...]:
    """What was found at each backend."""
    steps = measured_steps(load)
    return tuple(
        Searched(name, str(objective), tuple(_tried(load, step, objective) for step in steps if step.backend == name))
        for name in dict.fromkeys(step.backend for step in steps)
    )


def _tried(load: Load, step: Step, objective: Objective) -> Tried:
    due = arrivals_of(load, step)
    whole = len(due) == step.planned and bool(due)
    return Tried(step.start_rate, len(due), judge_step(due, step.duration_s, objective) if whole else None)
