"""Formats the tables and numbers of the document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bench.limits.requirements import Row
from bench.stats.quantiles import quantile, quantile_interval
from bench.text.numbers import ms


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The lines of a Markdown table."""
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def requirements_table(rows: Iterable[Row]) -> Iterator[str]:
    """What must be, what is, and whether that is within the limit."""
    yield from table(("", "must be", "is", "95 %", "met"), [_requirement(row) for row in rows])


def _requirement(row: Row) -> tuple[str, ...]:
    sign = "at most" if row.most else "at least"
    interval = f"{number(row.interval.low)}-{number(row.interval.high)}" if row.interval else ""
    met = "yes" if row.met else "**no**"
    return row.text, f"{sign} {number(row.limit)}{row.unit}", f"{number(row.value)}{row.unit}", interval, met


def timed(values: Sequence[float]) -> str:
    """Median and its 95 % interval, where there are enough values for one."""
    if not values:
        return "not measured"
    interval = quantile_interval(values)
    middle = number(quantile(values, 0.5))
    return f"{middle} ({number(interval.low)}-{number(interval.high)})" if interval else middle


def plain(value: float | None) -> str:
    """A number; empty if nothing was measured."""
    return "" if value is None else number(value)


def number(value: float) -> str:
    """A number with as many digits as are worth reading."""
    return f"{value:.1e}" if 0 < abs(value) < 1e-3 else ms(value, below_one=3)
