"""Names the variants of a run by what tells them apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bench.runs.plan import Variant
from contract.precisions import FP32

_AXES: tuple[Callable[[Variant], str], ...] = (
    lambda variant: f"direct reads {variant.direct_reads}" if variant.direct_reads else "",
    lambda variant: variant.precision,
    lambda variant: variant.engine,
    lambda variant: f"{variant.memory_mb} MB" if variant.memory_mb is not None else "deployed",
    lambda variant: f"{variant.tokens} tokens",
    lambda variant: variant.arm,
)


def variant_name(variant: Variant, variants: Sequence[Variant]) -> str:
    """The variant's backend, a precision that is not fp32, and whatever else tells it from the others of the run."""
    differing = [shown(variant) for shown in _AXES if len({shown(other) for other in variants}) > 1]
    reduced = [variant.precision] if variant.precision not in (FP32, *differing) else []
    return " · ".join([variant.backend, *reduced, *filter(None, differing)])
