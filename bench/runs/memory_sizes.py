"""Says what the memory sizes of a run mean for its processors: on Lambda, memory buys a share of them."""

from __future__ import annotations

from collections.abc import Iterator

from bench.runs.plan import Variant
from bench.runs.recorded import recorded_function, recorded_target
from bench.runs.records import Session


def buy_no_processor(session: Session) -> bool:
    """Whether a run set memory sizes in a lab where they do not change the share of the processors."""
    target = recorded_target(session)
    shares = target.shape is not None and target.shape.shares_processors
    return target.is_lab and set(session.axes.memories) != {None} and not shares


def beyond_the_machine(session: Session) -> Iterator[Variant]:
    """The variants whose memory size asks for more cores than the machine of the lab has."""
    shape = recorded_target(session).shape
    reachable = shape.reachable if shape else None
    for variant in session.axes.variants():
        size = variant.memory_mb or recorded_function(session, variant.function).memory_mb
        if reachable is not None and size is not None and size > reachable:
            yield variant
