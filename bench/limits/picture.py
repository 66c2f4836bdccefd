"""Draws the limits in one picture: encoding time over text length, and cold starts by storage and engine."""

from __future__ import annotations

from html import escape

from bench.charts.curves import curves
from bench.charts.svg import Series
from bench.limits.components import TOKENS
from bench.limits.samples import Samples
from contract.engines import ENGINES
from contract.storages import USUAL

WIDTH, BAR = 720.0, 22.0
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1b2330; } .title { font-weight: 600; font-size: 15px; }
.tick { fill: #556; font-size: 12px; } .grid, .axis { stroke: #d5dae1; } .line { fill: none; stroke-width: 2.2; }
.c0 { stroke: #0b62c4; } .c1 { stroke: #b3541e; } .mark.c0, .bar.c0 { fill: #0b62c4; }
.mark.c1, .bar.c1 { fill: #b3541e; } .paper { fill: #fff; }
"""


def draw(samples: Samples) -> str:
    """Draw a self-contained SVG; it is an empty frame if nothing was measured."""
    body, height = [], 16.0
    for title, (drawn, used) in (
        ("Warm encoding time over text length (tokens)", _lengths(samples)),
        ("Cold start over HTTP, cold cache", _cold_starts(samples)),
    ):
        body.append(f'<text class="title" x="8" y="{height + 8:.0f}">{escape(title)}</text>')
        body.append(f'<g transform="translate(8 {height + 18:.0f})">{drawn}</g>')
        height += used + 46
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH + 16:.0f} {height:.0f}" role="img">'
        f"<title>How near the limit</title><style>{STYLE}</style>"
        f'<rect class="paper" width="100%" height="100%"/>{"".join(body)}</svg>\n'
    )


def _lengths(samples: Samples) -> tuple[str, float]:
    series = (Series("this project", 0, 0), Series("LongformerModel", 1, 1)), ENGINES
    data = []
    for line, engine in zip(*series, strict=True):
        medians = [(tokens, samples.median("encode", f"{tokens} tokens", engine)) for tokens in TOKENS]
        data.append((line, [(float(tokens), value) for tokens, value in medians if value is not None]))
    if not all(points for _, points in data):
        return "", 0.0
    chart = curves(data, WIDTH, "tokens", lambda x: f"{x:,.0f}", lambda y: f"{y:,.0f} ms")
    return chart.body, chart.height


def _cold_starts(samples: Samples) -> tuple[str, float]:
    bars = [
        (f"{storage.label}, {engine}", colour, value)
        for storage in USUAL.values()
        for colour, engine in enumerate(ENGINES)
        if (value := samples.median("cold start", f"{storage.name}, cold cache", engine)) is not None
    ]
    if not bars:
        return "", 0.0
    longest, left, parts = max(value for _, _, value in bars), 145.0, []
    for row, (name, colour, value) in enumerate(bars):
        top, width = row * (BAR + 6), (WIDTH - left - 90) * value / longest
        parts.append(f'<text x="0" y="{top + 15:.0f}">{escape(name)}</text>')
        parts.append(f'<rect class="bar c{colour}" x="{left}" y="{top:.0f}" width="{width:.1f}" height="{BAR}"/>')
        parts.append(f'<text x="{left + width + 6:.1f}" y="{top + 15:.0f}">{value:,.0f} ms</text>')
    return "".join(parts), len(bars) * (BAR + 6)
