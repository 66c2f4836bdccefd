"""The summary as a table on the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.process.say import Printer
from bench.report.formats import (
    both,
    counts,
    median_with_interval,
    megabytes,
    ms,
    percent,
    ratio_interval_words,
    ratio_words,
    variant_name,
)

_PLAIN_WIDTH = 140


def standard_output() -> Console:
    """A console on standard output; where that is no terminal, wide enough for the tables."""
    console = Printer()
    return console if console.is_terminal else Printer(width=_PLAIN_WIDTH)


def print_summary(summary: Mapping[str, Any], console: Console) -> None:
    """Print what must be known first, then verdict-worthy figures, then what they rest on."""
    variants = summary["variants"]
    for note in summary["meta"]["notes"]:
        console.print(f"! {note}", style="yellow", highlight=False, markup=False)
    table = Table(title="Latency over HTTP in ms: median of answered requests (95 % interval)", title_justify="left")
    table.add_column("storage")
    for name in ("cold", "n", "answered", "warm", "n", "answered", "warm p95", "fetched MB", "memory MB"):
        table.add_column(name, justify="right")
    for item in variants:
        cold, warm = item["cold"], item["warm"]
        table.add_row(
            variant_name(item, variants), median_with_interval(cold), counts(cold), percent(cold["answered_share"]),
            median_with_interval(warm), counts(warm), percent(warm["answered_share"]), ms(warm["p95_ms"]),
            megabytes(item["fetched_bytes"]), ms(item["max_memory_mb"]),
        )  # fmt: skip
    console.print(table)
    for comparison in summary["comparisons"]:
        console.print(f"{comparison['state']}: {comparison['verdict']}", highlight=False)
    for backend in dict.fromkeys(item["backend"] for item in variants):
        storage = next(item["storage"] for item in variants if item["backend"] == backend)
        console.print(f"{backend}: {storage}", highlight=False)
    _print_ratios(summary, console)
    _print_answers(summary, console)


def _print_ratios(summary: Mapping[str, Any], console: Console) -> None:
    if not summary["engine_ratios"]:
        return
    table = Table(title="Engines: onnx against transformers (ratio of medians)", title_justify="left")
    table.add_column("variant")
    for name in ("onnx ms", "transformers ms", "ratio", "95 % interval", "visits", "answered"):
        table.add_column(name, justify="right")
    for item in summary["engine_ratios"]:
        label = f"{item['state']} · {variant_name(item, summary['engine_ratios'])}"
        label = label if "tokens" in label else f"{label} · {item['tokens']} tokens"
        table.add_row(
            label, ms(item["onnx_p50_ms"]), ms(item["transformers_p50_ms"]), ratio_words(item["ratio"]),
            ratio_interval_words(item["ratio_interval"]), both(map(str, item["visits"])),
            both(map(percent, item["answered_shares"])),
        )  # fmt: skip
    console.print(table)


def _print_answers(summary: Mapping[str, Any], console: Console) -> None:
    answers = summary["answers"]
    if answers["equal"]:
        console.print(
            f"Answers: {answers['answers']} compared, same ranking, "
            f"similarities within {answers['max_delta']:.1e}, one model bundle.",
            highlight=False,
        )
