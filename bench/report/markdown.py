"""report.md: the summary for people, in the repository or on a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench.report.terminal import ratio_words
from bench.report.words import counts, median_with_interval, megabytes, ms, variant_name

_PHASES = ("boot", "init", "idle", "import", "fetch", "load", "wait", "tokenize", "encode", "rank", "handler")


def markdown(summary: Mapping[str, Any]) -> str:
    """The whole report."""
    meta = summary["meta"]
    parts = [
        "# Where should the model live? A measured comparison",
        _bullets(meta["notes"]),
        "## Verdicts",
        _verdicts(summary["comparisons"]),
        "## Latency over HTTP",
        "Milliseconds as the client measures them, connecting left out: median (95 % interval). "
        "A percentile that so few samples do not allow to state is left out (`-`).",
        _latency_table(summary["variants"]),
        "## What each storage was",
        _bullets(f"**{name}**: {text}" for name, text in _storages(summary["variants"]).items()),
        *_engines(summary),
        "## Where a cold start's time goes",
        "Medians in ms as the function reports them. `import`, `fetch` and `load` overlap and do not add up; "
        "`boot` + `init` + `idle` + `handler` is the critical path inside the environment.",
        _phase_table(summary["variants"]),
        "## Same work?",
        _answers(summary["answers"]),
        "## How it was measured",
        _bullets(_method(meta)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _latency_table(variants: Sequence[Mapping[str, Any]]) -> str:
    header = ("variant", "cold", "n", "cold p95", "warm", "n", "warm p95", "fetched MB", "memory MB")
    rows = [
        (
            variant_name(item, variants), median_with_interval(item["cold"]), counts(item["cold"]),
            ms(item["cold"]["p95_ms"]), median_with_interval(item["warm"]), counts(item["warm"]),
            ms(item["warm"]["p95_ms"]), megabytes(item["fetched_bytes"]), ms(item["max_memory_mb"]),
        )
        for item in variants
    ]  # fmt: skip
    return table(header, rows)


def _verdicts(comparisons: Sequence[Mapping[str, Any]]) -> str:
    if not comparisons:
        return "Only one storage was measured: there is nothing to compare."
    note = (
        "Differences are medians of within-round differences with 95 % intervals; one counts as real only if it "
        "is significant at 5 % over all pairs of the state (signed-rank test, Holm's correction)."
    )
    return _bullets(f"**{item['state']}**: {item['verdict']}" for item in comparisons) + "\n\n" + note


def _phase_table(variants: Sequence[Mapping[str, Any]]) -> str:
    present = [name for name in _PHASES if any(name in item["phases_ms"] for item in variants)]
    rows = [
        (variant_name(item, variants), *(ms(item["phases_ms"].get(name)) for name in present)) for item in variants
    ]
    return table(("variant", *present), rows)


def _engines(summary: Mapping[str, Any]) -> list[str]:
    ratios = summary["engine_ratios"]
    if not ratios:
        return []
    rows = [
        (
            item["state"], variant_name(item, ratios), str(item["tokens"]), ms(item["onnx_p50_ms"]),
            ms(item["transformers_p50_ms"]), ratio_words(item["ratio"]),
        )
        for item in ratios
    ]  # fmt: skip
    header = ("state", "variant", "tokens (about)", "onnx ms", "transformers ms", "ratio")
    return ["## Engines: onnx against transformers", table(header, rows)]


def _answers(answers: Mapping[str, Any]) -> str:
    if answers["equal"]:
        return (
            f"Yes: {answers['answers']} answers compared, same ranking, similarities within "
            f"{answers['max_delta']:.1e}, bundle `{answers['bundles'][0][:16]}`."
        )
    return "**No, or not shown:**\n\n" + _bullets(answers["problems"] or ["no answer could be compared"])


def _method(meta: Mapping[str, Any]) -> Iterable[str]:
    axes, facts = meta["axes"], meta["facts"]
    yield (
        f"{axes['cold']} randomised complete blocks (seed {meta['seed']}) after a warm-up block that is not used; "
        "one forced cold start per variant and block, then warm requests to the same environment, one at a time."
    )
    yield f"{meta['requests']['made']} of {meta['requests']['planned']} planned requests; ended: {meta['ended']}."
    yield f"Started {meta['started_utc']} on {meta['target'].get('kind')}, {meta['target'].get('architecture')}."
    for name, value in facts.items():
        shown = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, Mapping) else value
        yield f"{name}: {shown}"


def _storages(variants: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {item["backend"]: item["storage"] for item in variants}


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, first column left, the others right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def _bullets(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)
