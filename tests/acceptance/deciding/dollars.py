"""Measures whether chart, tables, summary and `choose` name the same dollars, by reading what each of them printed."""

from __future__ import annotations

import html
import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.cost.alternatives.on_demand import ON_DEMAND
from bench.runs.plan import Axes
from bench.text.numbers import money
from tests.acceptance.table import Measure, Row
from tests.bench.support.failing import command, measured

BACKENDS = ("efs", "s3", "oci")
# At these rates the chart's text alternative names its values.
CHARTED = ("0.01/h", "31.622776601683793/h", "100000/h")
TRACE = [0.0, 5.0, 5.2, 900.0, 4000.0, 9000.0]


def the_same_dollars() -> Iterator[Row]:
    """One run, several traffics; each figure is read from the output of its command."""
    with tempfile.TemporaryDirectory() as place:
        directory, trace = measured(Path(place), axes=Axes(BACKENDS)), Path(place, "times")
        trace.write_text("\n".join(map(str, TRACE)))
        for traffic in ("rare", "office", "steady", "office:200/h", str(trace), *CHARTED):
            found = dict(dollars(directory, traffic))
            same, called = len(set(found.values())) == 1, "a trace" if traffic == str(trace) else traffic
            yield Row(
                f"dollars of {called} in {', '.join(found)}",
                "the same",
                f"{', '.join(found['choose'])}{'' if same else f' NOT THE SAME: {found}'}",
                same,
            )


def dollars(directory: Path, traffic: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What each output says of a month, by backend in the order of `BACKENDS`."""
    _, printed = command("choose", directory, "--traffic", traffic, "--objective", 1000, "--json")
    chosen = json.loads(printed)
    options = {item["name"]: item["usd_month"] for item in chosen["options"]}
    yield "choose --json", tuple(money(options[name]) for name in BACKENDS)
    yield "its other ways", on_demand(chosen["other_ways"])
    _, printed = command("choose", directory, "--traffic", traffic, "--objective", 1000)
    yield "choose", tuple(cells(printed, name)[6] for name in BACKENDS)
    yield "choose's other ways", tuple(cells(printed, f"{name} · {ON_DEMAND.name}")[1] for name in BACKENDS)
    _, printed = command("report", directory, "--traffic", traffic)
    called = Path(traffic).name if Path(traffic).exists() else traffic
    yield "report's table", tuple(cells(printed, f"{called} · {name}")[2] for name in BACKENDS)
    yield "report's other ways", tuple(cells(printed, f"{name} · {ON_DEMAND.name}")[1] for name in BACKENDS)
    summary = json.loads((directory / "summary.json").read_text())
    (advised,) = summary["recommendation"]["traffics"]
    standing = {item["backend"]: item["usd_month"] for item in advised["standings"]}
    yield "summary's advice", tuple(money(standing[name]) for name in BACKENDS)
    yield "summary's other ways", on_demand(summary["other_ways"])
    months = {item["backend"]: list(item["months"].values()) for item in summary["costs"]["variants"]}
    yield "summary's costs", tuple(money(months[name][0]["usd_month"]) for name in BACKENDS)
    if traffic in CHARTED:
        yield "chart", tuple(charted(directory, name)[CHARTED.index(traffic)] for name in BACKENDS)


def on_demand(found: list[dict[str, Any]]) -> tuple[str, ...]:
    """What the JSON of other ways says of the function as it was measured, under its only traffic."""
    ways = {item["name"]: way["usd_month"] for item in found for way in item["ways"] if way["way"] == ON_DEMAND.name}
    return tuple(money(*ways[name].values()) for name in BACKENDS)


def cells(printed: str, name: str) -> list[str]:
    """The cells of the table row that begins with `name`."""
    rows = [[cell.strip() for cell in line.strip("│ ").split("│")] for line in printed.splitlines() if "│" in line]
    return next(row for row in rows if row[0] == name)


def charted(directory: Path, name: str) -> list[str]:
    """The dollars that the text alternative of the cost chart names for a backend, by rising rate."""
    page = html.unescape((directory / "report.html").read_text())
    _, _, chart = page.partition("Cost of a month over traffic</h3>")
    found = re.search(rf"{name}: (\$[\d.,]+) at [^,]+?, (\$[\d.,]+) at [^,]+?, (\$[\d.,]+) at", chart)
    return list(found.groups()) if found else []


MEASURES: list[Measure] = [the_same_dollars]
