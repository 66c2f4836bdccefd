"""Loads weights, tokenizer and imports side by side, so that a cold start takes the longest of them.

Manifest and header come first. Then one thread fetches all ranges of the plan (phase `fetch`), one reads the small
files and gives the tokenizer's to the process that was started for it, and one, which imports meanwhile (phase
`import`), makes session and index (phase `load`).
"""

from __future__ import annotations

import hashlib
import importlib
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from contract import bundle as files
from contract.engines import ONNX, TRANSFORMERS, unreadable
from contract.environment import VERIFY_WEIGHTS, switched_on
from contract.phases import FETCH, IMPORT, LOAD, VERIFY
from similarity.base import log
from similarity.base.attempt import Attempt
from similarity.base.errors import Replaced, StoreError, Unavailable
from similarity.base.parallel import Task, for_each
from similarity.base.phases import Phases
from similarity.bundle import byte_ranges, safetensors_header
from similarity.bundle.manifest import Manifest, check, parse
from similarity.bundle.safetensors_header import DamagedHeader, Header
from similarity.loading.tokenizer_process import TokenizerProcess

if TYPE_CHECKING:
    from similarity.bundle.ranking import Index
    from similarity.engines import Engine, EngineModule
    from similarity.loading.tokens import Tokenizer
    from similarity.stores import Store, Weights

HEADER_GUESS = 1 << 16  # bytes: the header of longformer-base-4096 is 30 KB, so one read gets it
READERS = 4  # small files at a time, beside the weights
PLANS: Mapping[str, Callable[[Header], list[byte_ranges.Range]]] = {
    ONNX: byte_ranges.fetch_plan,
    TRANSFORMERS: byte_ranges.whole_file,
}


@dataclass(frozen=True)
class Model:
    """Everything that an answer needs."""

    manifest: Manifest
    tokenizer: Tokenizer
    engine: Engine
    index: Index
    weights: Weights


@dataclass(frozen=True)
class Opened:
    """A bundle whose manifest (`described`, as bytes) and header were read."""

    described: bytes
    manifest: Manifest
    header: Header
    weights: Weights


class Loader(Attempt[Model]):
    """One attempt to load a model."""

    WHAT = "model"

    def __init__(self, store: Store, engine: str, phases: Phases) -> None:
        super().__init__()
        self._store = store
        self._engine = engine
        self._phases = phases
        self._process = _start_tokenizer()
        self._opened = Task(self._open)
        self._fetched = Task(self._fetch)
        self._small_files = Task(self._read_small_files)
        self._begin()

    def _end(self) -> None:
        self._fetched.wait()  # else the next attempt would fetch beside this one
        self._small_files.wait()
        if self._error and self._process:
            self._process.close()

    def _open(self) -> Opened:
        """Open manifest and weights file in one round trip to the store instead of two."""
        reading = Task(lambda: self._store.read(files.MANIFEST))
        weights = self._store.weights(files.WEIGHTS, HEADER_GUESS, self._engine)
        described = reading.result()
        manifest = parse(described)
        if self._engine in PLANS and (wrong := unreadable(self._engine, manifest.precision)):
            raise Unavailable(wrong)
        if files.WEIGHTS not in manifest.files:
            raise StoreError(files.WEIGHTS, "is not in the manifest")
        if weights.size != manifest.files[files.WEIGHTS].size:
            size = manifest.files[files.WEIGHTS].size
            raise StoreError(files.WEIGHTS, f"is {weights.size} bytes long, the manifest says {size}")
        return Opened(described, manifest, _read_header(manifest, weights), weights)

    def _fetch(self) -> None:
        with self._phases.span(FETCH):
            bundle = self._opened.result()
            if self._engine in PLANS:  # else the loading thread reports it
                bundle.weights.fetch(PLANS[self._engine](bundle.header))

    def _read_small_files(self) -> dict[str, bytes]:
        """Read all files except the weights, before it is known which of them the engine needs; the tokenizer's first.

        The manifest is read once more: if it is unchanged, it was in the store together with the weights' version when
        that was opened. The other files have its sums, so nothing is of another bundle.
        """
        opened = self._opened.result()
        manifest = opened.manifest
        data: dict[str, bytes] = {}

        def read(name: str) -> None:
            data[name] = self._store.read(name)
            if name == files.MANIFEST:
                if data[name] != opened.described:
                    raise Replaced(name)
                return
            check(manifest.files[name], name, data[name])
            if name == files.TOKENIZER and self._process:
                with suppress(OSError):  # it has ended, which the first text will find, too
                    self._process.load(data[name])

        names = sorted({*manifest.files, files.MANIFEST} - {files.WEIGHTS}, key=lambda name: name != files.TOKENIZER)
        for_each(read, names, READERS)
        return data

    def _load(self) -> Model:
        with self._phases.span(IMPORT):
            engine = import_engine(self._engine)
            from similarity.bundle.ranking import Index
            from similarity.loading.tokens import Tokenizer
        bundle, small = self._opened.result(), self._small_files.result()
        bundle.manifest.check_index()
        for name in (files.TOKENIZER, files.VECTORS, files.INCIDENTS, *engine.files(bundle.manifest)):
            if name not in small:
                raise StoreError(name, "is not in the manifest")
        if engine.needs_weights(bundle.manifest):
            self._fetched.result()
        with self._phases.span(LOAD):
            tokenizer = Tokenizer(small[files.TOKENIZER], bundle.manifest.max_tokens, self._process)
            index = Index(small[files.VECTORS], small[files.INCIDENTS])
            made = engine.make(bundle.manifest, bundle.header, bundle.weights, small)
        self._fetched.result()
        if switched_on(os.environ.get(VERIFY_WEIGHTS)):
            from similarity.loading import verification

            with self._phases.span(VERIFY):
                verification.check(bundle.manifest, bundle.header, bundle.weights)
        bundle.weights.check()
        return Model(bundle.manifest, tokenizer, made, index, bundle.weights)


def _start_tokenizer() -> TokenizerProcess | None:
    try:
        return TokenizerProcess()
    except OSError as error:
        log.error("tokenizer process", error)
        return None


def import_engine(name: str) -> EngineModule:
    """The engine's module; raises Unavailable if it does not exist or the image lacks its packages."""
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
            data += weights.read(byte_ranges.Range(len(data), size - len(data)))
        header = safetensors_header.parse(data)
    except DamagedHeader as error:
        raise StoreError(files.WEIGHTS, f"is damaged: {error}") from None
    if hashlib.sha256(data).hexdigest() != manifest.header_sha256:
        raise StoreError(files.WEIGHTS, "is damaged: its header is not the one in the manifest")
    if header.file_size != weights.size:
        raise StoreError(files.WEIGHTS, f"is {weights.size} bytes long, its header says {header.file_size}")
    return header
