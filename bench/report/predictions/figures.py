"""Draws the curves of a prediction, with the limits of Lambda in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from bench.charts.curves import Limit, curves
from bench.charts.svg import Series
from bench.report.figures.figure import Figure, drawn
from bench.report.prediction import Likely
from bench.report.predictions.curves import TRAFFIC, Curves
from bench.text.numbers import duration, megabytes, money, seconds
from contract.limits import API_TIMEOUT_S, INIT_S, MAX_IMAGE, MAX_SCRATCH_MB

_MIB = 1 << 20
Points = dict[str, list[tuple[float, Likely]]]
Words = Callable[[float], str]


def figures(prediction: Curves) -> list[Figure]:
    """All figures: cold starts over what they read, by kind; then times and costs over memory sizes."""
    kinds = dict.fromkeys(item.kind for item in prediction.by_size)
    return [*(_over_sizes(prediction, kind) for kind in kinds), *_over_memories(prediction)]


def _over_sizes(prediction: Curves, kind: str) -> Figure:
    found = _points((item.backend, item.bytes_read, item.ms) for item in prediction.by_size if item.kind == kind)
    limits = [
        Limit("when INIT ends and is run again", INIT_S * 1e3, across=False),
        Limit("when the HTTP API gives up", API_TIMEOUT_S * 1e3, across=False),
        Limit(f"the memory of the function, {prediction.memory_mb:,} MB", prediction.memory_mb * _MIB, across=True),
        Limit("the largest image, and the largest /tmp", min(MAX_IMAGE, MAX_SCRATCH_MB * _MIB), across=True),
    ]
    numbered = "; ".join(f"{number} {limit.name}" for number, limit in enumerate(limits, 1))
    return _figure(
        f"Predicted cold starts over what they read{prediction.in_precision}: {kind}",
        found,
        f"Medians and bands of 95 % of the draws; {prediction.memory_mb:,} MB of memory. Limits: {numbered}.",
        "MB read before the first answer",
        megabytes,
        _duration,
        limits,
    )


def _over_memories(prediction: Curves) -> Iterable[Figure]:
    cold = _points((item.backend, item.memory_mb, item.cold_ms) for item in prediction.by_memory)
    warm = _points((item.backend, item.memory_mb, item.warm_ms) for item in prediction.by_memory)
    usd = _points((item.backend, item.memory_mb, item.month_usd) for item in prediction.by_memory)
    words = "Medians and bands of 95 % of the draws."
    for title, found, y_label, caption in (
        ("Predicted cold starts over memory sizes", cold, _duration, words),
        ("Predicted warm requests over memory sizes", warm, _duration, words),
        (
            "Predicted cost of a month over memory sizes", usd, money,
            f"{words} {TRAFFIC.words}; list prices of {prediction.region}, {prediction.prices_date}.",
        ),
    ):  # fmt: skip
        title += prediction.in_precision
        yield _figure(title, found, caption, "MB of memory", lambda x: f"{x:,.0f}", y_label)


def _duration(value: float) -> str:
    return f"{seconds(value)} s" if value >= 1000 else duration(value, 3)


def _points(items: Iterable[tuple[str, float, Likely]]) -> Points:
    found: Points = {}
    for backend, x, likely in items:
        found.setdefault(backend, []).append((float(x), likely))
    return found


def _figure(
    title: str, found: Points, caption: str, x_title: str, x_label: Words, y_label: Words, limits: Sequence[Limit] = ()
) -> Figure:
    series = {backend: Series(backend, number % 4, number) for number, backend in enumerate(found)}
    data = [(series[backend], [(x, likely.median) for x, likely in points]) for backend, points in found.items()]
    bands = [
        (series[backend], [(x, likely.low, likely.high) for x, likely in points]) for backend, points in found.items()
    ]
    return drawn(
        title, lambda width: curves(data, width, x_title, x_label, y_label, bands=bands, limits=limits), caption
    )
