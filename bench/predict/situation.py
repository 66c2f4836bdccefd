"""Says what is predicted: a storage, a memory size, a kind of cold start, what is fetched, and the work as measured."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, fields

from bench.predict.spread import Spread, Values
from contract import readers
from contract.bucket import GET_BYTES, PLANS
from contract.engines import ONNX, TRANSFORMERS
from contract.limits import INIT_S
from contract.precisions import FP32
from contract.storages import Storage

INIT_BUDGET_MS = (INIT_S - 2) * 1e3  # our functions end INIT by themselves then, and go on loading in the first request

# What the imports of an engine touch of the image (docs/validation.md, "touched by imports").
CODE_BYTES = {ONNX: 35e6, TRANSFORMERS: 250e6}


@dataclass(frozen=True)
class Work:
    """What a start and a request compute, in ms on the machine that was measured; each with its spread.

    `first_encode` is the encoding of the first request, `encode` that of later ones; `handler` is the rest of the
    handler. `cores` is how many cores the requests had; what is done by one thread needs no more than one of them.
    """

    boot: Spread
    imports: Spread
    load: Spread
    tokenize: Spread
    first_encode: Spread
    encode: Spread
    rank: Spread
    handler: Spread
    cores: float

    def at(self, quantile: Values) -> dict[str, Values]:
        """Each of them at these quantiles, by name."""
        return {each.name: getattr(self, each.name).at(quantile) for each in fields(self) if each.name != "cores"}


@dataclass(frozen=True)
class Fetch:
    """What is read of the weights before the first answer: the bytes of each request, in turn, by so many `readers`.

    `gaps` of the file are not wanted; before each of them, a kernel that reads ahead does not know that it should stop.
    """

    requests: tuple[float, ...]
    readers: int
    gaps: int = 0

    @property
    def bytes_(self) -> float:
        """All bytes together."""
        return sum(self.requests)


@dataclass(frozen=True)
class Situation:
    """A function on Lambda.

    `first_deploy`: its image or bundle is new, so that no cache has a chunk of the image. `code_bytes` are read of the
    image by the imports. `ends_init_ms`: when the function ends INIT by itself; None if Lambda has to do it.
    `one_after_the_other`: it imports, reads the weights and makes the model in turn, as functions of others do; ours
    does all that side by side, but for the transformers engine's model, which needs the weights.
    """

    storage: Storage
    memory_mb: int
    first_deploy: bool
    engine: str
    fetch: Fetch
    work: Work
    code_bytes: float
    ends_init_ms: float | None = INIT_BUDGET_MS
    one_after_the_other: bool = False


def fetch_of(
    storage: Storage, engine: str, bytes_: float, set_readers: int | None = None, precision: str = FP32
) -> Fetch:
    """The fetch of so many bytes, as our functions do it: in the plan's GETs, as often as there are bytes for them.

    `set_readers` is what the variable READERS of a function says, if it is set.
    """
    of_directory = readers.IMAGE if storage.baked else readers.NFS
    side_by_side = readers.BUCKET if storage.opened == "bucket" else of_directory
    stretches = tuple(_stretches(engine, precision, bytes_))
    requests = tuple(size for stretch in stretches for size in stretch)
    return Fetch(requests, set_readers or side_by_side, max(0, len(stretches) - 1))


def _stretches(engine: str, precision: str, bytes_: float) -> Iterator[tuple[float, ...]]:
    """The bytes of each GET, by stretches of the file: the onnx engine skips some, any other reads the whole file."""
    left = bytes_
    whole = (GET_BYTES,) * math.ceil(bytes_ / GET_BYTES)
    for stretch in itertools.cycle(PLANS[precision].stretches if engine == ONNX else (whole,)):
        if left <= 0:
            return
        before = (left - start for start in itertools.accumulate(stretch, initial=0))
        yield tuple(min(size, rest) for size, rest in zip(stretch, before, strict=False) if rest > 0)
        left -= sum(stretch)


def code_bytes(engine: str) -> float:
    """What the imports of an engine read of the image. Raises ValueError for an engine that does not exist."""
    if engine not in CODE_BYTES:
        raise ValueError(f"there is no engine {engine!r}: it is one of {', '.join(CODE_BYTES)}")
    return CODE_BYTES[engine]
