"""Compares the answers of all variants to the same text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bench.runs.cold_starts.first_deploy import FirstDeploy
from bench.runs.foreign import OWN
from bench.runs.judge import OK, PROACTIVE, Judged
from bench.runs.records import Sample

TOLERANCE = 1e-5


@dataclass(frozen=True)
class Agreement:
    """`max_delta` is the largest difference in a similarity between variants; `answers` how many were compared.

    Variants are held to the answers of others of their own precision: another one may answer differently.
    """

    answers: int
    same_ranking: bool
    max_delta: float
    bundles: tuple[str, ...]
    problems: tuple[str, ...]
    precisions: tuple[str, ...] = ()

    @property
    def ranking(self) -> str:
        """How far the ranking was the same, in words."""
        return "same ranking within each precision" if len(self.precisions) > 1 else "same ranking"

    @property
    def equal(self) -> bool:
        """Whether the variants did the same work."""
        return self.answers > 0 and not self.problems


def compare_answers(judged: Iterable[Judged]) -> Agreement:
    """Compare every valid answer with the first one to a text of the same length."""
    answered = [item.sample for item in judged if item.status in (OK, PROACTIVE) and item.sample.variant.engine != OWN]
    reference: dict[tuple[int, str, str | None], tuple[str, dict[int, float]]] = {}
    same_ranking, max_delta = True, 0.0
    problems: list[str] = []
    for sample in answered:
        label, similarities = sample.variant.label, dict(sample.seen.results)
        if not similarities:
            problems.append(f"{label} answered without results")
            continue
        first_label, first = reference.setdefault(_asked(sample), (label, similarities))
        if list(first) != list(similarities):
            same_ranking = False
            problems.append(f"{label} ranks {list(similarities)}, {first_label} {list(first)}")
        delta = max((abs(first[i] - similarities[i]) for i in first.keys() & similarities.keys()), default=0.0)
        max_delta = max(max_delta, delta)
        if delta > TOLERANCE:
            problems.append(f"{label} differs from {first_label} by {delta:.2g} in a similarity")
    # What is deployed anew for a first cold start may have a bundle of its own.
    used = {(sample.variant.precision, sample.seen.bundle_hash or "") for sample in answered if not _is_apart(sample)}
    precisions = tuple(dict.fromkeys(sample.variant.precision for sample in answered))
    if len(used) > len({precision for precision, _ in used}):
        problems.append("the variants did not use the same model bundle")
    bundles = tuple(sorted({name for _, name in used}))
    return Agreement(len(answered), same_ranking, max_delta, bundles, tuple(dict.fromkeys(problems)), precisions)


def _asked(sample: Sample) -> tuple[int, str, str | None]:
    """What must be answered alike: a text, in a precision, and the bundle where it is not the one of all."""
    return sample.variant.tokens, sample.variant.precision, sample.seen.bundle_hash if _is_apart(sample) else None


def _is_apart(sample: Sample) -> bool:
    return sample.cold_kind == FirstDeploy.name
