"""Takes from a run what a prediction stands on: the work, the bytes, and what the run itself says of its storages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.predict.situation import Work
from bench.predict.work import work_of
from bench.process.errors import UsageError
from bench.report.comparisons import Comparison
from bench.report.measured import Measured
from bench.report.other_cold_starts import OtherColdStarts
from bench.runs.cold_starts.first_deploy import FirstDeploy
from bench.runs.cold_starts.kind import WARM
from bench.runs.cold_starts.new_sandbox import NewSandbox
from bench.runs.judge import Judged
from bench.runs.plan import Variant
from bench.runs.recorded import recorded_cores, recorded_function, recorded_shape, recorded_target
from bench.runs.records import Session
from contract.shapes import LAMBDA, PROCESSOR
from contract.storages import storage
from published.read import number


@dataclass(frozen=True)
class Grounds:
    """What a run says of one engine, one text length and one precision, over HTTP.

    `work` is of its largest memory size, where it was least held back. `bytes_read` are those of a cold start, by
    backend, of those that something can be predicted of. `medians_ms` are by backend, memory size and kind; `ahead` is
    the faster backend of a pair, cold and warm, where the run tells.
    """

    engine: str
    tokens: int
    precision: str
    memories: tuple[int, ...]
    work: Work
    bytes_read: Mapping[str, int]
    medians_ms: Mapping[tuple[str, int, str], float]
    ahead: Mapping[tuple[str, str, str], str]

    def run_ms(self, backend: str, memory_mb: int, bytes_read: int, kind: str) -> float | None:
        """The median of the run in the same case; None if it has none."""
        if bytes_read != self.bytes_read[backend]:
            return None
        return self.medians_ms.get((backend, memory_mb, kind))

    def faster(self, a: str, b: str, kind: str) -> str | None:
        """Which of two backends the run found to be faster, its cold starts speaking for every kind of them."""
        return self.ahead.get((a, b, WARM if kind == WARM else "cold"))


@dataclass(frozen=True)
class Evidence:
    """What a run measured."""

    session: Session
    judged: Sequence[Judged]
    variants: Sequence[Measured]
    comparisons: Sequence[Comparison]
    others: Sequence[OtherColdStarts]


def grounds_of(run: Evidence) -> tuple[Grounds, ...]:
    """The grounds for each engine, text length and precision. Raises UsageError where nothing can be predicted."""
    sized = {item.variant: memory for item in run.variants if (memory := _memory_mb(item, run.session))}
    if not sized:
        raise UsageError("nothing can be predicted: the run does not say what a cold start over HTTP reads, and where")
    keys = dict.fromkeys(map(_key, sized))
    return tuple(
        _grounds(run, {variant: memory for variant, memory in sized.items() if _key(variant) == key}) for key in keys
    )


def _key(variant: Variant) -> tuple[str, int, str]:
    return variant.engine, variant.tokens, variant.precision


def _grounds(run: Evidence, sized: Mapping[Variant, int]) -> Grounds:
    largest = max(sized.values())
    base = {item.variant: round(item.fetched_bytes or 0) for item in run.variants if sized.get(item.variant) == largest}
    first = next(iter(base))
    return Grounds(
        engine=first.engine,
        tokens=first.tokens,
        precision=first.precision,
        memories=tuple(dict.fromkeys(sized.values())),
        work=work_of(run.judged, list(base), _cores(run.session, largest)),
        bytes_read={variant.backend: size for variant, size in base.items() if storage(variant.backend).published},
        medians_ms=dict(_medians(run, sized)),
        ahead=dict(_ahead(run.comparisons, base)),
    )


def _medians(run: Evidence, sized: Mapping[Variant, int]) -> Iterator[tuple[tuple[str, int, str], float]]:
    others = {item.variant: item for item in run.others if item.kind == FirstDeploy.name}
    for item in run.variants:
        memory_mb, first = sized.get(item.variant), others.get(item.variant)
        medians = {
            NewSandbox.name: item.cold.p50_ms,
            FirstDeploy.name: first.cold_p50_ms if first else None,
            WARM: item.warm.p50_ms,
        }
        for kind, median in medians.items():
            if median is not None and memory_mb is not None:
                yield (item.variant.backend, memory_mb, kind), median


def _ahead(
    comparisons: Sequence[Comparison], base: Mapping[Variant, int]
) -> Iterator[tuple[tuple[str, str, str], str]]:
    for item in comparisons:
        if item.a in base and item.b in base and item.verdict.resolved and item.paired:
            faster = item.a if item.paired.difference < 0 else item.b
            yield (item.a.backend, item.b.backend, item.state), faster.backend


def _memory_mb(item: Measured, session: Session) -> int | None:
    """The memory of a variant that something can be predicted for; None for any other."""
    variant = item.variant
    if variant.arm != "http" or variant.mode.restores or not item.fetched_bytes:
        return None
    return variant.memory_mb or recorded_function(session, variant.function).memory_mb


def _cores(session: Session, memory_mb: int) -> float:
    """The cores that a function of this size had: on AWS, or under a lab's quota, those that its memory buys."""
    share = memory_mb / number("mb-per-vcpu").value
    target = recorded_target(session)
    if not target.is_lab:
        return share
    found = recorded_cores(session)
    if found is None:
        raise UsageError("nothing can be predicted: the run does not say how many cores its machine has")
    return min(share, found) if recorded_shape(session) in (PROCESSOR, LAMBDA) else float(found)


def is_like_lambda(session: Session) -> bool:
    """Whether a run is of Lambda, or of a lab that was shaped like it."""
    return not recorded_target(session).is_lab or recorded_shape(session) == LAMBDA
