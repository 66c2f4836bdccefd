"""Sets the calculator's predictions beside the cold starts that others published.

No parameter is chosen by these rows. Some published figures were computed from the data of the same authors, so their
rows are not independent of the calculator: each says so.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy

from bench.predict.calculator import cold
from bench.predict.fetching import fetch_ms
from bench.predict.libraries import Library
from bench.predict.montecarlo import Predicted, predicted, sources
from bench.predict.parameters import Parameters, draw, parameter
from bench.predict.situation import Fetch, Situation, Work
from bench.predict.spread import Spread, Values, between, fixed
from bench.process.errors import UsageError
from contract.engines import ONNX, TRANSFORMERS
from contract.storages import EFS, IMAGE, S3, Storage
from published.cold_starts import PublishedStart, published_start

_MB, _MIB = 1e6, float(1 << 20)
_COMPILED = Library(boot=between(5.0, 20.0, 40.0), imports=fixed(0.0), load=fixed(0.0), code_bytes=20e6)


@dataclass(frozen=True)
class Rebuilt:
    """How a published start is rebuilt: its storage, its library (a name in libraries.PROGRAMS), and what is not in it.

    `compiled`: a program without Python; it takes only the model's making from the library. `fetch_only`: the published
    time is that of reading alone. `first_deploy`: as in Situation. `because` says why it is not independent of the
    parameters that decide it, if it is not.
    """

    id: str
    of: str
    storage: Storage
    library: str | None
    because: str = ""
    bytes_: float = 0.0
    compiled: bool = False
    fetch_only: bool = False
    first_deploy: bool = False


# `image-chunk-later` is the time of reading a model from an image and making an onnxruntime session of it, as its
# condition says. Where it is used for such a session, the making is not added.
_RATE_HAS_MAKING = "onnxruntime"
_SAME_RATE = "`image-chunk-later` comes from V4 and V6 and from V5, which has the same functions"
_SAME_BENCHMARK = "`image-chunk-later` comes from other functions of the same benchmark"
_SAME_FIRST = "`image-chunk-first` comes from 25 such first starts, this one among them"
_SAME_READS = "the modes of `efs-stream-slow` and `efs-stream-fast` come from these reads"
REBUILT = (
    Rebuilt("V1", "", IMAGE, "transformers"),
    Rebuilt("V2", "", IMAGE, "transformers"),
    Rebuilt("V4", "", IMAGE, "onnxruntime, FP32", _SAME_RATE),
    Rebuilt("V5", "", IMAGE, "onnxruntime, FP32", _SAME_RATE),
    Rebuilt("V6", "", IMAGE, "onnxruntime, INT8", _SAME_RATE),
    Rebuilt("V9", "", IMAGE, "onnxruntime, FP32", _SAME_BENCHMARK, compiled=True),
    Rebuilt("V10", "", IMAGE, None, _SAME_BENCHMARK, compiled=True),
    Rebuilt("V11", "V9", IMAGE, "onnxruntime, FP32", _SAME_FIRST, compiled=True, first_deploy=True),
    Rebuilt("V11", "V4", IMAGE, "onnxruntime, FP32", _SAME_FIRST, first_deploy=True),
    Rebuilt("V11", "V1", IMAGE, "transformers", _SAME_FIRST, first_deploy=True),
    *(
        Rebuilt("V15", f"{size} MiB", EFS, None, _SAME_READS, bytes_=size * _MIB, fetch_only=True)
        for size in (250, 500, 750)
    ),
    *(Rebuilt("V16", f"{size} MiB", S3, None, bytes_=size * _MIB, fetch_only=True) for size in (250, 500, 750)),
    Rebuilt("V19", "", IMAGE, "torch"),
)
LEFT_OUT: Mapping[str, str] = {
    "V3, V8": "SnapStart is not a storage of this project, and the only published times of a restore are these rows",
    "V7": "a zip is not one either, and nothing published says how fast the files of an unpacked one are read",
    "V12-V14, V17, V18, V20-V23": "the source does not say the memory size, or what the code and the reader were",
}

# What is known of rows that the interval may miss. Nothing was changed for them.
KNOWN: Mapping[str, str] = {
    "V16": "the authors' client gets 22.7 MiB/s of one connection, on Fargate 26: less than S3's documented rate",
}


@dataclass(frozen=True)
class Row:
    """A published time and its prediction, in ms; `strongest` is the parameter that the width comes from most."""

    rebuilt: Rebuilt
    start: PublishedStart
    published_ms: float
    predicted: Predicted
    strongest: str | None

    @property
    def name(self) -> str:
        """The id, and which of its times."""
        return f"{self.start.id}, {self.rebuilt.of}" if self.rebuilt.of else self.start.id

    @property
    def covered(self) -> bool:
        """Whether the published median lies in the interval."""
        return self.predicted.covers(self.published_ms)

    @property
    def ratio(self) -> float:
        """Predicted median by published median."""
        return self.predicted.median / self.published_ms

    @property
    def independent(self) -> bool:
        """Whether no figure that decides the row comes from the same runs."""
        return not self.rebuilt.because


@dataclass(frozen=True)
class Validation:
    """Some rows. A start with several times counts once: it is covered if all of them are."""

    rows: tuple[Row, ...]

    @property
    def starts(self) -> tuple[str, ...]:
        """The ids of the starts."""
        return tuple(dict.fromkeys(row.start.id for row in self.rows))

    @property
    def covered(self) -> int:
        """How many starts are covered."""
        return sum(all(row.covered for row in self._of(name)) for name in self.starts)

    @property
    def median_ratio(self) -> float:
        """The median over the starts of predicted / published, a start by the median of its times.

        Raises UsageError without rows.
        """
        if not self.rows:
            raise UsageError("no published cold start could be rebuilt: install requirements-bench.txt")
        return statistics.median(statistics.median(row.ratio for row in self._of(name)) for name in self.starts)

    def only(self, kept: Callable[[Row], bool]) -> Validation:
        """The rows that are kept."""
        return Validation(tuple(filter(kept, self.rows)))

    def _of(self, name: str) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.start.id == name)


def validate(
    libraries: Mapping[str, Library], parameters: Parameters | None = None, *, making_added: bool = False
) -> Validation:
    """Predict every start whose library was measured. A start that lacks it is left out.

    `making_added` counts the making of a session in addition to a rate that includes it, to show what that changes.
    """
    found = draw() if parameters is None else parameters
    direct = replace(found, api_ms=numpy.zeros_like(found.api_ms))  # all of them were invoked directly
    return Validation(
        tuple(
            _row(rebuilt, libraries if making_added else _without_making(libraries), direct)
            for rebuilt in REBUILT
            if rebuilt.library is None or rebuilt.library in libraries
        )
    )


def _without_making(libraries: Mapping[str, Library]) -> dict[str, Library]:
    return {
        name: replace(library, load=fixed(0.0)) if name.startswith(_RATE_HAS_MAKING) else library
        for name, library in libraries.items()
    }


def _row(rebuilt: Rebuilt, libraries: Mapping[str, Library], parameters: Parameters) -> Row:
    start = published_start(rebuilt.id)
    time = start.time(rebuilt.of)
    draws = _draws(rebuilt, start, libraries, parameters)
    strongest = next(iter(sources(draws, parameters)), None)
    called = parameter(strongest.parameter).called if strongest else None
    return Row(rebuilt, start, time.median_s * 1e3, predicted(draws), called)


def _draws(rebuilt: Rebuilt, start: PublishedStart, libraries: Mapping[str, Library], parameters: Parameters) -> Values:
    """The predicted times. The first answer is the published warm request, a few hundredths of the whole."""
    situation = _situation(rebuilt, start, libraries)
    if rebuilt.fetch_only:
        return fetch_ms(situation, parameters)
    return cold(situation, parameters).total + (start.warm_ms or 0.0)


def _situation(rebuilt: Rebuilt, start: PublishedStart, libraries: Mapping[str, Library]) -> Situation:
    library = libraries[rebuilt.library] if rebuilt.library else _COMPILED
    if rebuilt.compiled:
        library = replace(_COMPILED, load=library.load)
    bytes_ = rebuilt.bytes_ or (start.weights_mb or 0.0) * _MB
    nothing = fixed(0.0)
    return Situation(
        storage=rebuilt.storage,
        memory_mb=start.memory_mb or 0,
        first_deploy=rebuilt.first_deploy,
        engine=TRANSFORMERS if rebuilt.library == "transformers" else ONNX,
        fetch=Fetch((bytes_,), 1),
        work=_work(library, nothing),
        code_bytes=library.code_bytes,
        ends_init_ms=None,
        one_after_the_other=True,
    )


def _work(library: Library, nothing: Spread) -> Work:
    return Work(
        boot=library.boot,
        imports=library.imports,
        load=library.load,
        tokenize=nothing,
        first_encode=nothing,
        encode=nothing,
        rank=nothing,
        handler=nothing,
        cores=1.0,
    )
