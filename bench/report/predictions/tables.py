"""Makes the tables of curves: cold starts over model sizes, and what each memory size takes and costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.report.on_aws import interval, likelihood
from bench.report.predictions.curves import TRAFFIC, ByMemory, BySize, Curves
from bench.report.table import Table
from bench.text.numbers import megabytes, money, seconds
from contract.limits import API_TIMEOUT_S, INIT_S


def over_sizes(curves: Curves, kind: str) -> Table:
    """A row for each size, a column for each backend."""
    items = [item for item in curves.by_size if item.kind == kind]
    backends = list(dict.fromkeys(item.backend for item in items))
    sizes = list(dict.fromkeys(item.bytes_read for item in items))
    found = {(item.backend, item.bytes_read): item for item in items}
    rows = [[megabytes(size), *(_cell(found[backend, size]) for backend in backends)] for size in sizes]
    note = (
        f"Predicted for {curves.work}, with {curves.memory_mb:,} MB of memory; in "
        "brackets 95 % of the draws. Only what is read changes: a larger model also computes for longer."
    )
    title = f"Predicted cold starts over what they read{curves.in_precision}: {kind}"
    return Table(title, ("MB read", *backends), rows, note)


def passed(curves: Curves) -> Iterator[str]:
    """From which sizes on limits of Lambda are probably passed, in sentences."""
    for backend, kind in dict.fromkeys((item.backend, item.kind) for item in curves.by_size):
        items = [item for item in curves.by_size if (item.backend, item.kind) == (backend, kind)]
        init = _first_over([(item.bytes_read, item.init_over) for item in items])
        api = _first_over([(item.bytes_read, item.given_up) for item in items])
        case = f"{backend}, {kind}{curves.in_precision}"
        yield f"{case}: INIT is over {INIT_S} s {init}; the API gives up ({API_TIMEOUT_S} s) {api}."


def _first_over(shares: Sequence[tuple[int, float]]) -> str:
    """The first size at which more than half of the draws pass a limit."""
    for size, share in shares:
        if share > 0.5:
            return f"from {megabytes(size)} MB read on ({_of_draws(share)} there)"
    size, share = shares[-1]
    return f"at no size up to {megabytes(size)} MB ({_of_draws(share)} there)"


def _of_draws(share: float) -> str:
    return {0.0: "none of the draws", 1.0: "all draws"}.get(share, f"{likelihood(share)} of the draws")


def over_memories(curves: Curves, objective_ms: float | None) -> Table:
    """A row for each backend and memory size."""
    rows = [
        [
            item.backend, f"{item.memory_mb:,}", interval(item.cold_ms), interval(item.warm_ms),
            money(item.month_usd.median), f"{money(item.month_usd.low)} to {money(item.month_usd.high)}",
            *([item.meets(objective_ms)] if objective_ms is not None else []),
        ]
        for item in curves.by_memory
    ]  # fmt: skip
    header = ["storage", "memory, MB", "cold, ms", "warm, ms", "USD a month", "95 %"]
    if objective_ms is not None:
        header.append(f"cold within {objective_ms:g} ms")
    note = (
        f"Predicted for {curves.work}: cold starts of the kind new-sandbox that "
        f"read what this run read, and the cost of {TRAFFIC.words}, by list prices of "
        f"{curves.region}, {curves.prices_date}."
    )
    return Table(f"Predicted times and costs over memory sizes{curves.in_precision}", header, rows, note)


def cheapest(curves: Curves, objective_ms: float) -> str:
    """The answer to an objective, in a sentence."""
    found, wanted = curves.cheapest(objective_ms), f"a cold start within {objective_ms:g} ms{curves.in_precision}"
    if found:
        return (
            f"Cheapest that probably answers {wanted}: {found.backend} with {found.memory_mb:,} MB, "
            f"{money(found.month_usd.median)} a month of {TRAFFIC.rate} ({_interval_usd(found)})."
        )
    perhaps = [item for item in curves.by_memory if item.meets(objective_ms) == "perhaps"]
    if not perhaps:
        return f"No storage and memory size probably answers {wanted}."
    closest = min(perhaps, key=lambda item: item.cold_ms.high)
    return (
        f"Whether any answers {wanted} cannot be told; {closest.backend} with {closest.memory_mb:,} MB comes closest, "
        f"{interval(closest.cold_ms)} ms."
    )


def _interval_usd(item: ByMemory) -> str:
    return f"95 % {money(item.month_usd.low)} to {money(item.month_usd.high)}"


def _cell(item: BySize) -> str:
    """`1.5 s (1.2-2.1)`."""
    return f"{seconds(item.ms.median)} s ({seconds(item.ms.low)}-{seconds(item.ms.high)})"
