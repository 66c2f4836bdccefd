"""Builds a checkpoint, and compares the bundle's vectors with those of sentence-transformers itself."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console

from model.base.errors import BuildError
from model.bundles import bundle, incidents
from model.index.encoder import Encoder
from tests.model.support.layouts import WORD, Layout

LEAST = 0.999_999  # cosine
TEXTS = (f"A {WORD} hurt a HEDGEHOG at Night.", f"the robot's price {WORD} query: robots " * 30, "")


@dataclass(frozen=True)
class Cell:
    """The outcome of one layout of one family: `cosine`, the least of all texts, or the words of a refusal."""

    cosine: float | None
    refusal: str = ""

    def right(self, layout: Layout) -> bool:
        """Whether it is exact, or refused by the name of what cannot be done; nothing between."""
        if layout.refused:
            return layout.refused in self.refusal
        return self.cosine is not None and self.cosine >= LEAST


def cell(plain: Path, layout: Layout, work: Path) -> Cell:
    """Lay a copy of the checkpoint `plain` out in the directory `work`, build it, and compare."""
    path = layout.make(shutil.copytree(plain, work / "checkpoint"))
    sample = work / "one.jsonl"
    sample.write_text(incidents.SAMPLE.read_text().splitlines()[0])
    options = bundle.Options(str(path), "auto", sample, work / "bundle", pooling=layout.pooling)
    try:
        manifest = bundle.build(options, Console(quiet=True))
    except BuildError as error:
        return Cell(None, str(error))
    encoder = Encoder(manifest, work / "bundle")
    own = [encoder.encode([encoder.token_ids(text)])[0] for text in TEXTS]
    root = path.parent if path.name == "0_Transformer" else path
    return Cell(min(_cosine(a, b) for a, b in zip(own, _expected(root), strict=True)))


def _expected(path: Path) -> list[np.ndarray]:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(path), device="cpu", local_files_only=True)
    return [np.asarray(model.encode(text, show_progress_bar=False)) for text in TEXTS]


def _cosine(a: np.ndarray, b: np.ndarray) -> float:
    if a.shape != b.shape:
        return 0.0
    x, y = a.astype(np.float64), b.astype(np.float64)
    return float(x @ y / np.linalg.norm(x) / np.linalg.norm(y))
