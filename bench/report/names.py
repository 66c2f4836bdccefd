"""Names the variants of a run by what tells them apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bench.runs.plan import Variant

_AXES: tuple[Callable[[Variant], str], ...] = (
    lambda variant: f"direct reads {variant.direct_reads}" if variant.direct_reads else "",
    lambda variant: variant.precision,
    lambda variant: variant.engine,
    lambda variant: f"{variant.memory_mb} MB" if variant.memory_mb is not None else "deployed",
    lambda variant: f"{variant.tokens} tokens",
    lambda variant: variant.arm,
)


def variant_name(variant: Variant, variants: Sequence[Variant]) -> str:
    """The variant's backend and whatever else tells it from the others of the run."""
    differing = (shown for shown in _AXES if len({shown(other) for other in variants}) > 1)
    return " · ".join([variant.backend, *filter(None, (shown(variant) for shown in differing))])
