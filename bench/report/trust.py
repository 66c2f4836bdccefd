"""Decides whether the figures of a run may be used."""

from __future__ import annotations

from collections.abc import Sequence

from bench.report.measured import Measured

MOST_LOST = 0.01
"""The largest share of a variant's requests that may fail or be invalid: slow ones fail first, which flatters."""


def reasons(variants: Sequence[Measured], planned: int, made: int, warm: bool, problems: Sequence[str]) -> list[str]:
    """Reasons why the figures must not be used: an incomplete plan, failures, nothing valid, or unequal answers."""
    found = [f"incomplete: {made} of {planned} planned requests were made"] if made < planned else []
    for item in variants:
        name = f"{item.variant.function}/{item.variant.engine} ({item.variant.arm})"
        counts = [latency.counts for latency in item.states.values()]
        asked = sum(each.asked for each in counts)
        failed, invalid = sum(each.failed for each in counts), sum(each.invalid for each in counts)
        if failed + invalid > MOST_LOST * asked:
            found.append(
                f"{failed} of {asked} requests of {name} failed and {invalid} were invalid: "
                f"{(failed + invalid) / asked:.1%}, more than {MOST_LOST:.0%}"
            )
        for state, latency in item.states.items():
            if latency.counts.n == 0 and (warm or state == "cold"):
                found.append(f"no valid {state} sample of {name}")
    return [*found, *problems]


def warnings(untrusted: Sequence[str]) -> list[str]:
    """The same as notes."""
    return [f"Do not use these figures: {reason}." for reason in untrusted]
