"""Decides whether a run passes a gate: each change against the limits, all of them together at 5 %."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.process.errors import UsageError
from bench.report.compare_runs import Change, Compared
from bench.report.table import Table
from bench.text.numbers import change_words


@dataclass(frozen=True)
class Limits:
    """Ratios B / A. B fails where it is shown to be above `fail_above`, or not shown to be below `require_within`."""

    fail_above: float | None = None
    require_within: float | None = None

    def __bool__(self) -> bool:
        return self.fail_above is not None or self.require_within is not None


@dataclass(frozen=True)
class Check:
    """A row of a comparison at the gate; `problem` says why it fails, None where it passes."""

    variant: str
    state: str
    b_ms: float | None
    found: str
    problem: str | None


def checks(found: Compared, limits: Limits) -> tuple[Check, ...]:
    """Every row at the gate. What only A has fails: a gate must not pass what was not measured.

    The intervals hold for all rows together. So equal runs fail in at most 5 % of comparisons by `fail_above`, and a
    run that is slower by `require_within` or more passes in at most 5 %. Raises UsageError where a run has too few
    visits for an interval: nothing could fail.
    """
    if few := [change.name for change in found.changes if change.interval is None]:
        raise UsageError(f"too few visits for a gate, which needs an interval: {', '.join(dict.fromkeys(few))}")
    missing = (label.rpartition(" ") for label in found.only_in_a)
    return (
        *(_check(change, limits) for change in found.changes),
        *(Check(variant, state, None, "not measured", "A measured it, B did not") for variant, _, state in missing),
    )


def _check(change: Change, limits: Limits) -> Check:
    interval = change.interval
    said = f"{change_words(interval.low)} to {change_words(interval.high)}" if interval else "-"
    problem = "; ".join(_problems(change, limits)) or None
    return Check(change.name, change.state, change.b_ms, said, problem)


def _problems(change: Change, limits: Limits) -> Iterator[str]:
    interval = change.interval
    if interval is None:
        return
    if limits.fail_above is not None and interval.low > limits.fail_above:
        yield f"slower by {change_words(interval.low)} at least, above the limit of {change_words(limits.fail_above)}"
    if limits.require_within is not None and not interval.high < limits.require_within:
        yield f"not shown to be within {change_words(limits.require_within)}: it may be {change_words(interval.high)}"


def verdict(found: tuple[Check, ...]) -> str:
    """The outcome in a sentence."""
    failed = sum(check.problem is not None for check in found)
    return f"The gate fails: {failed} of {len(found)} checks." if failed else f"The gate passes: {len(found)} checks."


def checks_table(found: tuple[Check, ...]) -> Table:
    """The checks, failing ones first."""
    ordered = sorted(found, key=lambda check: check.problem is None)
    rows = [(check.variant, check.state, check.found, check.problem or "passes") for check in ordered]
    return Table("Gate", ("variant", "state", "change (95 %, all rows together)", "verdict"), rows, prose=True)
