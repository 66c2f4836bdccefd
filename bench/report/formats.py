"""How figures are written for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def ms(value: float | None) -> str:
    """A duration in ms with a sensible number of digits."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{round(value, 1) + 0.0:.1f}"


def median_with_interval(state: Mapping[str, Any]) -> str:
    """`123 (110-140)`: the median and its 95 % interval; says when it lies beyond the limit."""
    if state["n"] == 0:
        return "no valid sample"
    if state["p50_ms"] is None:
        return "longer than the limit"
    interval = state["p50_interval_ms"]
    if not interval:
        return ms(state["p50_ms"])
    low, high = (ms(value) if value is not None else "limit" for value in interval)
    return f"{ms(state['p50_ms'])} ({low}-{high})"


def counts(state: Mapping[str, Any]) -> str:
    """`60 in 10 visits`, or `8, 1 invalid, 1 failed`; `n` includes the censored ones and those with a second INIT."""
    names = ("censored", "invalid", "failed", "proactive", "second_init")
    extra = [f"{state[name]} {name.replace('_', ' ')}" for name in names if state[name]]
    visits = f" in {state['visits']} visits" if state["visits"] < state["n"] else ""
    return ", ".join([f"{state['n']}{visits}", *extra])


def percent(share: float | None) -> str:
    """A share of requests; one that is not all of them never reads as 100 %."""
    if share is None:
        return "-"
    return f"{min(share, 0.999) if share < 1 else share:.1%}"


def both(words: Iterable[str]) -> str:
    """Two figures in one cell; one if they are the same."""
    return ", ".join(dict.fromkeys(words))


def ratio_interval_words(ends: Sequence[float | None] | None) -> str:
    """`1/16.1 to 1/14.2`; a dash where the interval is not known or has no end."""
    if not ends:
        return "-"
    return " to ".join(map(ratio_words, ends)) if None not in ends else "-"


def megabytes(value: float | None) -> str:
    """Bytes as MB."""
    return "-" if value is None else f"{value / 1e6:,.0f}"


def variant_name(item: Mapping[str, Any], variants: Sequence[Mapping[str, Any]]) -> str:
    """The variant's backend and whatever else tells it from the others of the run."""
    parts = [str(item["backend"])]
    axes = (("engine", "{}"), ("memory_mb", "{} MB"), ("tokens", "{} tokens"), ("arm", "{}"))
    for key, shown in axes:
        if len({other.get(key) for other in variants}) > 1:
            parts.append(shown.format(item[key] if item[key] is not None else "deployed"))
    return " · ".join(parts)


def ratio_words(ratio: float | None) -> str:
    """`1/15.3`, or `1.20` when onnx is the slower one."""
    if ratio is None:
        return "-"
    return f"1/{1 / ratio:.1f}" if 0 < ratio < 1 else f"{ratio:.2f}"


def money(value: float) -> str:
    """USD with two digits that say something."""
    if value >= 1:
        return f"${value:,.2f}".removesuffix(".00")
    return f"${float(f'{value:.2g}'):.10f}".rstrip("0").rstrip(".")


def money_range(ends: Sequence[float] | None) -> str:
    """An interval of USD."""
    return f"{money(ends[0])} to {money(ends[1])}" if ends else "-"
