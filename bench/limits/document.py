"""Writes `docs/performance.md` and its picture from the samples of one run alone."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.limits import checking, growth, lower_bounds, picture, reduced_report, requirements
from bench.limits.components import INDEX_SIZES, TOKENS
from bench.limits.requirements import Row
from bench.limits.samples import Samples
from bench.limits.tables import number, plain, requirements_table, table, timed
from bench.stats.quantiles import quantile
from contract.engines import ENGINES
from contract.phases import HANDLER, IDLE, PHASES, RESTORED, VERIFY
from contract.storages import IMAGE, USUAL

SHOWN = tuple(name for name in PHASES if name not in (IDLE, RESTORED, VERIFY, HANDLER))


def write(samples: Samples, path: Path) -> bool:
    """Write the document and, beside it, the picture; returns whether every requirement was met."""
    rows = [*requirements.rows(samples), *reduced_report.rows(samples)]
    path.parent.mkdir(parents=True, exist_ok=True)
    _replace(path.with_suffix(".svg"), picture.draw(samples))
    _replace(path, "\n".join(_lines(samples, rows, path.with_suffix(".svg").name)) + "\n")
    return bool(rows) and all(row.met for row in rows)


def _replace(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


def _lines(samples: Samples, rows: Sequence[Row], image: str) -> Iterator[str]:
    yield "# How near the limit"
    yield ""
    yield "Made by `make limits`, of one run; every figure is a median unless it says otherwise. These are figures of a"
    yield "local machine (SeaweedFS for S3 and, mounted, for EFS; a loop-mounted ext4 file for the image), not of AWS."
    yield ""
    for what, said in ((s.where, s.how) for s in samples if s.what == "fact"):
        yield f"- {what}: {said}"
    yield ""
    yield f"![Encoding time over text length, ours and LongformerModel's, and cold starts]({image})"
    yield ""
    yield "## What must be, and is"
    yield ""
    yield from requirements_table(rows)
    yield from lower_bounds.lines(samples)
    yield from _storages(samples)
    yield from _phases(samples)
    yield from _lengths(samples)
    yield from reduced_report.lines(samples)
    yield from checking.lines(samples)
    yield from _growth(samples)
    yield from _choices(samples)


def _storages(samples: Samples) -> Iterator[str]:
    yield from ("", "## Reading the weights", "")
    yield "The 340 MB that an answer needs, by our fetch in a cold start, where it runs beside the imports, and alone,"
    yield "and by others; boto3, from_pretrained and runai-model-streamer read the whole file of 595 MB."
    if ranges := samples.median("planned ranges", "bundle", "onnx"):
        yield f"The plan is {ranges:.0f} stretches of the file, each up to the next tensor that no answer needs."
        yield "The raw read of a file opens it for each of them; ours opens it once, and on EFS copies nothing."
        yield "How many readers read side by side is chosen for Lambda: [readers.md](readers.md)."
    yield ""
    rows = []
    for cache in ("cold", "warm"):
        for storage in USUAL.values():
            where = f"{storage.name}, {cache} cache"
            ours = samples.values("phase fetch", where, "onnx")
            rows.append((storage.label, cache, "our fetch, in a start", timed(ours)))
            rows += [(storage.label, cache, how, timed(samples.values("read", where, how)))
                     for how in samples.hows("read", where)]  # fmt: skip
    yield from table(("storage", "cache", "how", "ms (95 %)"), rows)


def _phases(samples: Samples) -> Iterator[str]:
    yield from ("", "## Cold starts over HTTP, phase by phase", "")
    yield "`init` spans import, fetch and load, which overlap; `wait` is what the first request waited after INIT. ms."
    yield ""
    rows = []
    for cache in ("cold", "warm"):
        for storage in USUAL.values():
            for engine in ENGINES:
                where = f"{storage.name}, {cache} cache"
                values = [timed(samples.values("cold start", where, engine))]
                values += [plain(samples.median(f"phase {phase}", where, engine)) for phase in SHOWN]
                rows.append((storage.label, cache, engine, *values))
    yield from table(("storage", "cache", "engine", "whole (95 %)", *SHOWN), rows)
    encode = samples.median("phase encode", f"{IMAGE.name}, cold cache", "onnx")
    if encode is not None:
        yield ""
        yield "Computing layers while later ones arrive is not done: it could hide a part of the first answer's"
        yield f"encoding, which takes {number(encode)} ms ({IMAGE.label}), and would need a session for every layer."


def _lengths(samples: Samples) -> Iterator[str]:
    yield from ("", "## Warm encoding by length", "")
    rows = []
    for tokens in TOKENS:
        where = f"{tokens} tokens"
        ours, theirs = (samples.values("encode", where, engine) for engine in ENGINES)
        if ours and theirs:
            ratio = quantile(theirs, 0.5) / quantile(ours, 0.5)
            delta = samples.median("delta", where, "onnx against transformers")
            rows.append((f"{tokens:,}", timed(ours), timed(theirs), f"{ratio:.1f}", f"{delta:.1e}"))
    yield from table(("tokens", "ours, ms", "LongformerModel, ms", "ratio", "largest difference"), rows)


def _growth(samples: Samples) -> Iterator[str]:
    yield from ("", "## Growth", "", "Cold start (cold cache) by the size of the model, ms:", "")
    sizes = [(s.label, *(timed(samples.values("cold start by size", s.name, f"{n} layers")) for n in growth.LAYERS))
             for s in USUAL.values()]  # fmt: skip
    yield from table(("storage", *(f"{n} layers" for n in growth.LAYERS)), sizes)
    yield from ("", "The slowest of N simultaneous cold starts, ms:", "")
    bursts = [
        (s.label, *(timed(samples.values("burst", s.name, f"{n} at once")) for n in growth.BURSTS))
        for s in USUAL.values()
    ]
    yield from table(("storage", *(str(n) for n in growth.BURSTS)), bursts)
    yield from ("", "Ranking, one pass over all incidents and no full sort:", "")
    ranks = []
    for count in INDEX_SIZES:
        where = f"{count:,} incidents"
        peak = samples.median("peak memory", where, "ranking process")
        opened = samples.median("open index", where, "ranking process")
        ranks.append((f"{count:,}", timed(samples.values("rank", where, "top 3")), plain(opened), plain(peak)))
    yield from table(("incidents", "ms", "opening the index, ms", "peak memory, MB"), ranks)
    yield from lower_bounds.exact_search(samples)


def _choices(samples: Samples) -> Iterator[str]:
    yield from ("", "## Settings of the session, each beside what it was chosen over", "")
    whats = ("make session", "first encoding", "later encoding", "peak memory")
    rows = [(how, *(timed(samples.values(what, "session", how)) for what in whats))
            for how in samples.hows("make session", "session")]  # fmt: skip
    yield from table(("", "make session, ms", "first encoding, ms", "later encoding, ms", "peak memory, MB"), rows)
