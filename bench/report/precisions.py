"""Says how far the answers of a precision agree with those of fp32: in the run, and as the bundle's build measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.cost.choose import DOES_NOT, MEETS, UNDECIDED
from bench.runs.judge import OK, PROACTIVE, Judged
from bench.runs.plan import Variant
from bench.runs.recorded import recorded_bundle
from bench.runs.records import Session
from bench.text.numbers import percent
from contract.precisions import FP32, Agreement

_SHOWN = 3  # answers of each text that are compared


@dataclass(frozen=True)
class Precision:
    """A precision that is not fp32: the agreement of its answers with those of fp32.

    Of this run's `texts` (0: the run did not ask fp32 for any of them) `same_first` is how many have the same first
    answer, and `shared_three` the mean share of fp32's first three among its own. `built` is what the build of its
    bundle measured, None if it is not recorded.
    """

    precision: str
    texts: int
    same_first: int
    shared_three: float | None
    built: Agreement | None

    @property
    def brief(self) -> str:
        """The agreement in a few words, to stand beside a time."""
        said = [f"first answers as {FP32}: {self.same_first} of {self.texts}"] if self.texts else []
        if self.built:
            said.append(f"{percent(self.built.top_1)} of {self.built.items:,} items")
        return ", ".join(said) or f"agreement with {FP32} not known"

    @property
    def cells(self) -> tuple[str, str, str, str, str]:
        """The same as the cells of a table."""
        first = f"{self.same_first} of {self.texts}" if self.texts else "-"
        built = self.built
        told = (percent(built.top_1), percent(built.top_3), f"{built.cosine_p1:.4f}") if built else ("-", "-", "-")
        return (first, percent(self.shared_three), *told)

    @property
    def sentence(self) -> str:
        """The agreement in words."""
        here = f"{self.precision}: there are no answers in {FP32} to compare with."
        if self.texts:
            here = (
                f"{self.precision}: the first answer is that of {FP32} for {self.same_first} of {self.texts} text(s), "
                f"and {percent(self.shared_three)} of its first three are the same."
            )
        return f"{here} {in_general(self.built)}"


def in_general(built: Agreement | None) -> str:
    """The agreement that the build of a bundle measured, as a sentence."""
    if built is None:
        return "How far it agrees in general is not known: the build of its bundle left no measure of that."
    return (
        f"Over {built.items:,} items of the bundle, {percent(built.top_1)} have the same first answer as in {FP32}, "
        f"{percent(built.top_3)} of the first three are the same, and the cosine is at least {built.cosine_p1:.4f} for "
        "99 % (measured when it was built)."
    )


def precisions_of(judged: Sequence[Judged], variants: Sequence[Variant], session: Session) -> tuple[Precision, ...]:
    """The agreement of each precision of a run that is not fp32, from the first valid answer to each text."""
    answers: dict[str, dict[int, tuple[int, ...]]] = {}
    for item in judged:
        variant, results = item.sample.variant, item.sample.seen.results
        if item.status in (OK, PROACTIVE) and results:
            ids = tuple(number for number, _ in results[:_SHOWN])
            answers.setdefault(variant.precision, {}).setdefault(variant.tokens, ids)
    functions = {variant.precision: variant.function for variant in variants if variant.precision != FP32}
    exact = answers.get(FP32, {})
    return tuple(
        _compared(precision, answers.get(precision, {}), exact, recorded_bundle(session, function).agreement)
        for precision, function in functions.items()
    )


def _compared(
    precision: str, found: dict[int, tuple[int, ...]], exact: dict[int, tuple[int, ...]], built: Agreement | None
) -> Precision:
    pairs = [(found[text], exact[text]) for text in found if text in exact]
    shared = [len(set(mine) & set(theirs)) / len(theirs) for mine, theirs in pairs]
    return Precision(
        precision=precision,
        texts=len(pairs),
        same_first=sum(mine[0] == theirs[0] for mine, theirs in pairs),
        shared_three=round(sum(shared) / len(shared), 4) if shared else None,
        built=built,
    )


def meets_agreement(precisions: Sequence[Precision], variant: Variant, wanted: float | None) -> str:
    """Whether a variant's answers agree with fp32 so far: shown (meets), shown not to, or not known (undecided)."""
    if wanted is None or variant.precision == FP32:
        return MEETS
    found = next(item for item in precisions if item.precision == variant.precision)
    if found.texts and found.same_first < wanted * found.texts:
        return DOES_NOT
    if found.built is None:
        return UNDECIDED
    return MEETS if found.built.top_1 >= wanted else DOES_NOT
