"""The ONNX engine: numpy and onnxruntime over weights that are mapped, never copied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime as ort

from similarity.embeddings import Embeddings
from similarity.manifest import GRAPH, LONG_GRAPH, Manifest
from similarity.safetensors_header import Header

if TYPE_CHECKING:
    from similarity.stores import Weights


FILES = (GRAPH, LONG_GRAPH)
NEEDS_WEIGHTS = False


def make(manifest: Manifest, header: Header, weights: Weights, small_files: Mapping[str, bytes]) -> OnnxEngine:
    """The engine for an opened bundle."""
    return OnnxEngine(manifest, header, weights, small_files[GRAPH], small_files[LONG_GRAPH])


class OnnxEngine:
    """Two graphs over one weights file: the short one is made at once, the long one when a long text first comes.

    The sessions read no weights while they are made, so an engine may be made while these are still being fetched.
    """

    def __init__(self, manifest: Manifest, header: Header, weights: Weights, graph: bytes, long_graph: bytes) -> None:
        self._manifest = manifest
        self._weights = weights
        self._long_graph = long_graph
        self._long: ort.InferenceSession | None = None
        self._short = _session(graph, weights)
        self._embeddings = Embeddings(header, weights, manifest.pad_token_id)

    def encode(self, ids: Sequence[int]) -> np.ndarray:
        session = self._short if len(ids) <= self._manifest.short_tokens else self._long_session()
        rows = self._embeddings(ids[: self._manifest.cone_tokens])
        cls: np.ndarray = session.run(["cls"], {"embeddings": rows})[0]
        return cls

    def _long_session(self) -> ort.InferenceSession:
        if self._long is None:
            self._long = _session(self._long_graph, self._weights)
        return self._long


def _session(graph: bytes, weights: Weights) -> ort.InferenceSession:
    """A session that starts in milliseconds: no optimisation (the graph is written fused) and no prepacked copies."""
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.add_session_config_entry("session.disable_prepacking", "1")
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(weights.directory))
    options.log_severity_level = 3
    return ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
