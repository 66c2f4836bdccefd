"""Whether the figures of a run may be used, and what a reader must know before believing one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MOST_LOST = 0.01
"""The largest share of a variant's requests that may fail or be invalid: slow ones fail first, so the rest flatters."""


def reasons(
    variants: Sequence[Mapping[str, Any]], planned: int, made: int, warm: bool, problems: Sequence[str]
) -> list[str]:
    """Why the figures must not be used, if so: an incomplete plan, failures, nothing valid, or unequal answers."""
    found = [f"incomplete: {made} of {planned} planned requests were made"] if made < planned else []
    for item in variants:
        name = f"{item['backend']}/{item['engine']} ({item['arm']})"
        states = [item[state] for state in ("cold", "warm")]
        asked, failed, invalid = (sum(state[key] for state in states) for key in ("asked", "failed", "invalid"))
        if failed + invalid > MOST_LOST * asked:
            found.append(
                f"{failed} of {asked} requests of {name} failed and {invalid} were invalid: "
                f"{(failed + invalid) / asked:.1%}, more than {MOST_LOST:.0%}"
            )
        for state in ("cold", "warm") if warm else ("cold",):
            if item[state]["n"] == 0:
                found.append(f"no valid {state} sample of {name}")
    return [*found, *problems]


def warnings(untrusted: Sequence[str]) -> list[str]:
    """The same as notes."""
    return [f"Do not use these figures: {reason}." for reason in untrusted]
