"""Loading: the weights' I/O and the imports run side by side, so that a cold start takes the longer of the two.

One thread fetches: manifest and header, then all ranges of the plan (phase `fetch`). The other one imports (phase
`import`), then reads the small files and makes tokenizer, session and index of them (phase `load`).
"""

from __future__ import annotations

import hashlib
import importlib
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from similarity import log, plan, safetensors_header
from similarity import manifest as files
from similarity.errors import ServiceError, StoreError, Unavailable
from similarity.manifest import Manifest
from similarity.parallel import for_each
from similarity.phases import Phases
from similarity.safetensors_header import DamagedHeader, Header

if TYPE_CHECKING:
    from similarity.engines import Engine, EngineModule
    from similarity.ranking import Index
    from similarity.stores import Store, Weights
    from similarity.tokens import Tokenizer

HEADER_GUESS = 1 << 16  # bytes: the header of longformer-base-4096 is 30 KB, so one read gets it
READERS = 4  # small files at a time, beside the weights
PLANS: Mapping[str, Callable[[Header], list[plan.Range]]] = {
    "onnx": plan.fetch_plan,
    "transformers": plan.whole_file,
}


@dataclass(frozen=True)
class Model:
    """All that an answer needs."""

    manifest: Manifest
    tokenizer: Tokenizer
    engine: Engine
    index: Index


class Loader:
    """One attempt to load a model, in the background; a failed attempt is followed by another Loader."""

    def __init__(self, store: Store, engine: str, phases: Phases) -> None:
        self._store = store
        self._engine = engine
        self._phases = phases
        self._opened: tuple[Manifest, Header, Weights] | None = None
        self._opening = threading.Event()
        self._model: Model | None = None
        self._error: ServiceError | None = None
        self._done = threading.Event()
        self._fetcher = threading.Thread(target=self._fetch_in_background, daemon=True)
        self._fetcher.start()
        threading.Thread(target=self._load_in_background, daemon=True).start()

    def wait(self, timeout: float) -> bool:
        """Whether loading has ended, well or badly, within `timeout` seconds."""
        return self._done.wait(timeout)

    @property
    def error(self) -> ServiceError | None:
        """Why the attempt failed, once it has ended; a StoreError or Unavailable."""
        return self._error if self._done.is_set() else None

    @property
    def model(self) -> Model | None:
        """The model, once it is there."""
        return self._model if self._done.is_set() else None

    def _fetch_in_background(self) -> None:
        with self._noted():
            self._fetch()
        self._opening.set()

    def _load_in_background(self) -> None:
        with self._noted():
            self._load()
        self._fetcher.join()  # or the next attempt would fetch beside this one
        self._done.set()

    @contextmanager
    def _noted(self) -> Iterator[None]:
        """The first error is kept for the invocation that waits for the model."""
        try:
            yield
        except ServiceError as error:
            self._error = self._error or error
        except Exception as error:
            log.error("load", error)
            self._error = self._error or Unavailable(f"the model could not be loaded ({type(error).__name__})")

    def _fetch(self) -> None:
        with self._phases.span("fetch"):
            manifest, weights = self._open()
            header = _read_header(manifest, weights)
            self._opened = manifest, header, weights
            self._opening.set()
            if self._engine in PLANS:  # else the loading thread says so
                weights.fetch(PLANS[self._engine](header))

    def _open(self) -> tuple[Manifest, Weights]:
        """Manifest and weights file in one round trip to the store instead of two."""
        manifests: list[Manifest] = []
        opened: list[Weights] = []
        steps: list[Callable[[], None]] = [
            lambda: manifests.append(files.parse(self._store.read(files.NAME))),
            lambda: opened.append(self._store.weights(files.WEIGHTS, HEADER_GUESS, self._engine)),
        ]
        for_each(lambda step: step(), steps, threads=len(steps))
        manifest, weights = manifests[0], opened[0]
        if weights.size != manifest.files[files.WEIGHTS].size:
            size = manifest.files[files.WEIGHTS].size
            raise StoreError(files.WEIGHTS, f"is {weights.size} bytes long, the manifest says {size}")
        return manifest, weights

    def _load(self) -> None:
        with self._phases.span("import"):
            engine = import_engine(self._engine)
            from similarity.ranking import Index
            from similarity.tokens import Tokenizer
        self._opening.wait()
        if engine.NEEDS_WEIGHTS:
            self._fetcher.join()
        if self._opened is None or self._error:
            return
        manifest, header, weights = self._opened
        with self._phases.span("load"):
            small = self._small_files(
                manifest, (files.TOKENIZER, files.VECTORS, files.INCIDENTS, *engine.files(manifest))
            )
            tokenizer = Tokenizer(small[files.TOKENIZER], manifest.max_tokens)
            index = Index(small[files.VECTORS], small[files.INCIDENTS])
            made = engine.make(manifest, header, weights, small)
        self._fetcher.join()
        if self._error is None:
            self._model = Model(manifest, tokenizer, made, index)

    def _small_files(self, manifest: Manifest, names: tuple[str, ...]) -> dict[str, bytes]:
        data: dict[str, bytes] = {}

        def read(name: str) -> None:
            if name not in manifest.files:
                raise StoreError(name, "is not in the manifest")
            data[name] = self._store.read(name)
            manifest.files[name].check(name, data[name])

        for_each(read, names, READERS)
        return data


def import_engine(name: str) -> EngineModule:
    """The engine's module; raises Unavailable if there is none or the image was built without what it needs."""
    if name not in PLANS:
        raise Unavailable(f"there is no engine {name!r}: set ENGINE to {' or '.join(PLANS)}")
    try:
        return cast("EngineModule", importlib.import_module(f"similarity.engines.{name}"))
    except ModuleNotFoundError as error:
        raise Unavailable(
            f"engine {name} needs {error.name}, which this image lacks: build it with ENGINE={name}"
        ) from None


def _read_header(manifest: Manifest, weights: Weights) -> Header:
    try:
        size = safetensors_header.header_size(weights.start)
        data = weights.start[:size]
        if size > len(data):
            data += weights.read(plan.Range(len(data), size - len(data)))
        header = safetensors_header.parse(data)
    except DamagedHeader as error:
        raise StoreError(files.WEIGHTS, f"is damaged: {error}") from None
    if hashlib.sha256(data).hexdigest() != manifest.header_sha256:
        raise StoreError(files.WEIGHTS, "is damaged: its header is not the one in the manifest")
    if header.file_size != weights.size:
        raise StoreError(files.WEIGHTS, f"is {weights.size} bytes long, its header says {header.file_size}")
    return header
