"""Runs the encoder with numpy and onnxruntime over weights that are mapped, and not copied unless they are small."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime as ort

from contract.bundle import GRAPH, LONG_GRAPH
from contract.precisions import FP16, INT8
from similarity.bundle.manifest import Manifest
from similarity.bundle.safetensors_header import Header
from similarity.engines.embeddings import Embeddings
from similarity.engines.mapped_weights import copies, mapped

if TYPE_CHECKING:
    from similarity.stores import Weights


SPINNING_US = 1000
"""How long threads wait awake for the next product in int8: waking one takes as long as the shortest products."""
MOST_PACKED = 16 << 20
"""Bytes of weights in int8 of which a copy is made, once, in the order in which products read them.

Else every product of a short text spends a quarter of its time on that. Weights of the default model's size are not
copied: 81 MB for each graph would be half of the memory that such a bundle needs.
"""


def needs_weights(manifest: Manifest) -> bool:
    """It maps the weights, which may still be on their way, unless it copies them: fp16, packed, or all if told so."""
    return manifest.precision == FP16 or copies() or _packs(manifest)


def files(manifest: Manifest) -> tuple[str, ...]:
    """The small files of the bundle that the engine reads."""
    return (GRAPH, LONG_GRAPH) if manifest.window else (GRAPH,)


def make(manifest: Manifest, header: Header, weights: Weights, small_files: Mapping[str, bytes]) -> OnnxEngine:
    """The engine for an opened bundle."""
    return OnnxEngine(manifest, header, weights, {name: small_files[name] for name in files(manifest)})


class OnnxEngine:
    """Graphs over one weights file: the short one is made at once, the long one at the first long text.

    Making the sessions reads no weights, so an engine may be made while these are still being fetched, unless
    `needs_weights` says otherwise.
    """

    def __init__(self, manifest: Manifest, header: Header, weights: Weights, graphs: Mapping[str, bytes]) -> None:
        self._manifest = manifest
        self._directory = str(weights.directory)
        self._values = mapped(header, weights.path)
        self._graphs = graphs
        self._long: ort.InferenceSession | None = None
        self._short = self._session(GRAPH)
        self._embeddings = Embeddings(header, weights, manifest.padding_id)

    def encode(self, ids: Sequence[int]) -> np.ndarray:
        """float32[hidden], the vector of one text of 1 to max_tokens token ids."""
        if len(ids) > self._manifest.short_tokens:
            return _run(self._long_session(), self._embeddings(ids[: self._manifest.cone_tokens]))
        return _run(self._short, self._embeddings(ids)[np.newaxis]).reshape(-1)

    def encode_batch(self, batch: Sequence[Sequence[int]]) -> np.ndarray:
        """float32[b, hidden] of texts of the same number of tokens; raises ValueError otherwise.

        Texts past the window are encoded one by one, because their work is cut into blocks already, and so are those in
        int8, because each layer's input has one scale, which the other texts would change.
        """
        if len({len(ids) for ids in batch}) != 1:
            raise ValueError("texts of a batch must have the same number of tokens, one text at least")
        if len(batch[0]) > self._manifest.short_tokens or self._manifest.precision == INT8:
            return np.stack([self.encode(ids) for ids in batch])
        return _run(self._short, np.stack([self._embeddings(ids) for ids in batch]))

    def _long_session(self) -> ort.InferenceSession:
        if self._long is None:
            self._long = self._session(LONG_GRAPH)
        return self._long

    def _session(self, graph: str) -> ort.InferenceSession:
        """A session that starts in milliseconds: no optimisation (the graph is written fused) and few packed copies.

        It uses the weights in place, so these must live as long as it does; in the directory it only checks that the
        file which the graph names is there.

        Its threads sleep when they have nothing to do: spinning threads would take a core from the rest of the start,
        and save later encodings a few ms. docs/performance.md has the figures for every setting. In int8 they spin for
        a moment. The first encoding maps the weights' pages: mapping them before takes the 15 ms that it saves.
        """
        options = ort.SessionOptions()
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.add_session_config_entry("session.disable_prepacking", "0" if _packs(self._manifest) else "1")
        spins = self._manifest.precision == INT8
        options.add_session_config_entry("session.intra_op.allow_spinning", "1" if spins else "0")
        if spins:
            options.add_session_config_entry("session.intra_op.spin_duration_us", str(SPINNING_US))
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", self._directory)
        options.log_severity_level = 3
        for name, value in self._values.items():
            options.add_initializer(name, value)
        return ort.InferenceSession(self._graphs[graph], options, providers=["CPUExecutionProvider"])


def _run(session: ort.InferenceSession, embeddings: np.ndarray) -> np.ndarray:
    result: np.ndarray = session.run(["cls"], {"embeddings": embeddings})[0]
    return result


def _packs(manifest: Manifest) -> bool:
    return manifest.precision == INT8 and manifest.encoder_bytes <= MOST_PACKED
