"""Says how a run was made, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bench.report.report import Meta
from bench.runs.recorded import recorded_bundles


def method(meta: Meta) -> Iterator[str]:
    """How the run was made."""
    axes, target = meta.axes, meta.target
    yield (
        f"{axes.cold} randomised complete blocks (seed {axes.seed}) after a warm-up block that is not used; one "
        "forced cold start per variant and block, then warm requests to the same environment, one at a time."
    )
    all_witnesses = "environment id, invocation counter, configuration nonce, bundle hash and Lambda's REPORT line"
    witnesses = "those that its function has, as said above" if target.witnesses else all_witnesses
    yield (
        f"A sample counts only if its witnesses agree: {witnesses}. What times out is right-censored, cold outliers "
        "are never trimmed."
    )
    if axes.bodies:
        sent = ", ".join(f"{each.name} ({each.content_type}, weight {each.weight:g})" for each in axes.bodies)
        yield f"Requests carried bodies, drawn by weight: {sent}."
    yield (
        "Differences are medians of within-round differences with order-statistic intervals; one counts as real only "
        "if it is significant at 5 % over all pairs of the state (exact signed-rank test, Holm's correction)."
    )
    yield f"{meta.made} of {meta.planned} planned requests; ended: {meta.ended}."
    yield f"Started {meta.session.utc} on {target.kind}, {target.architecture}."
    bundles = recorded_bundles(meta.session.target)
    named = ", ".join(f"{digest}" if len(bundles) == 1 else f"{digest} ({each})" for each, digest in bundles.items())
    yield f"Model bundle{'s' if len(bundles) > 1 else ''} {named}."
    for name, value in meta.session.facts.items():
        shown = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, Mapping) else value
        yield f"{name}: {shown}"
