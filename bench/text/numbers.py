"""Writes numbers for people: durations, shares, ratios, sizes and money."""

from __future__ import annotations

import math
from collections.abc import Sequence


def ms(value: float | None, below_one: int = 1) -> str:
    """A duration in ms, its unit left out: whole from 100 on, else one digit; `below_one` digits below 1.

    A dash where nothing is known, `the limit` for what is longer than could be seen.
    """
    if value is None:
        return "-"
    if math.isinf(value):
        return "the limit"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    digits = 1 if abs(value) >= 1 else below_one
    return f"{round(value, digits) + 0.0:.{digits}f}"


def milliseconds(value: float, beyond: str = "the limit", below_one: int = 1) -> str:
    """A duration with its unit; `beyond` for what is longer than could be seen."""
    return f"{ms(value, below_one)} ms" if math.isfinite(value) else beyond


def duration(value: float, digits: int = 6) -> str:
    """A duration in ms as `40 ms` or `1.5 s`, with so many significant digits at most."""
    return f"{value / 1000:.{digits}g} s" if abs(value) >= 1000 else f"{value:.{digits}g} ms"


def seconds(value: float) -> str:
    """A duration in ms as seconds, the unit left out: three significant digits, and whole from 100 on."""
    return f"{value / 1e3:,.0f}" if abs(value) >= 1e5 else f"{value / 1e3:.3g}"


def pause(value: float) -> str:
    """A time in seconds as people say it: `90 s`, `5 min`, `2 h`; a dash for none."""
    for size, unit in ((3600, "h"), (60, "min")):
        if value >= size and value % size == 0:
            return f"{value / size:.0f} {unit}"
    return f"{value:g} s" if value else "-"


def percent(share: float | None) -> str:
    """A share of requests; never shows 100 % unless it is all of them."""
    if share is None:
        return "-"
    return f"{min(share, 0.999) if share < 1 else share:.1%}"


def share_range(shares: tuple[float, float]) -> str:
    """`0.13% to 92%`: two significant digits, because shares of cold starts may be tiny."""
    low, high = (f"{float(f'{100 * share:.2g}'):g}%" for share in shares)
    return low if low == high else f"{low} to {high}"


def per_hour_words(per_hour: float) -> str:
    """A rate in two digits, written out: 0.87, 42, 140."""
    return f"{float(f'{per_hour:.2g}'):,.10g}"


def times(ratio: float) -> str:
    """How many times: `0.83`, `2.1`, `160`."""
    return f"{ratio:,.0f}" if ratio >= 9.95 else f"{ratio:#.2g}"


def ratio_words(ratio: float | None) -> str:
    """`1/15.3`, or `1.20` from one on."""
    if ratio is None:
        return "-"
    return f"1/{1 / ratio:.1f}" if 0 < ratio < 1 else f"{ratio:.2f}"


def change_words(ratio: float) -> str:
    """A ratio as the change that it is: `+5.0 %`, `-12 %`."""
    if not math.isfinite(ratio):
        return "without a limit"
    change = 100 * (ratio - 1)
    return f"{change:+,.0f} %" if abs(change) >= 10 else f"{change:+.1f} %"


def ratio_interval_words(ends: Sequence[float | None] | None) -> str:
    """`1/16.1 to 1/14.2`; a dash where the interval is not known or has no end."""
    if not ends:
        return "-"
    return " to ".join(map(ratio_words, ends)) if None not in ends else "-"


def megabytes(value: float | None) -> str:
    """Bytes as MB."""
    return "-" if value is None else f"{value / 1e6:,.0f}"


def thousands(value: float) -> str:
    """`12.3 k` or `1.5 M`: three significant digits."""
    if value >= 1e6:
        return f"{value / 1e6:.3g} M"
    return f"{value / 1e3:.3g} k" if value >= 1e3 else f"{value:.3g}"


def money(value: float) -> str:
    """USD: two significant digits below a dollar, with the zeros at their end, then cents, and from 1,000 on none."""
    sign, amount = "-" * (value < 0), float(f"{abs(value):.1e}")
    if amount == 0 or amount >= 1:
        return f"{sign}${abs(value):,.{2 if abs(value) < 999.995 else 0}f}" if amount else "$0"
    return f"{sign}${amount:.{1 - math.floor(math.log10(amount))}f}"


def money_range(ends: Sequence[float | None] | None) -> str:
    """An interval of USD; a dash where it is not known or has no end."""
    low, high = ends or (None, None)
    return "-" if low is None or high is None else f"{money(low)} to {money(high)}"
