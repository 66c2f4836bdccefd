"""Writes docs/validation.md: the prediction beside cold starts that others published.

It measures on this machine what starting with a library takes (a minute or more), and runs the calculator.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec

from bench.predict.libraries import Library, measure
from bench.predict.parameters import DRAWS, PARAMETERS, SEED, core_time, draw
from bench.predict.spread import Spread
from bench.predict.validation import KNOWN, LEFT_OUT, REBUILT, Row, Validation, validate
from bench.runs.core_speed import fibonacci_ms, sort_ms
from contract.checkout import ROOT
from published.read import figure

_MB = 1e6


@dataclass(frozen=True)
class Core:
    """What a core of this machine takes for the two tasks that others timed on Lambda, in ms."""

    fibonacci_ms: float
    sort_ms: float


def document(libraries: Mapping[str, Library], core: Core) -> str:
    """The text of docs/validation.md."""
    parameters = draw(fibonacci_ms=core.fibonacci_ms)
    found, twice = (validate(libraries, parameters, making_added=added) for added in (False, True))
    here = (*_core(core), *_libraries(libraries))
    parts = (_head(found, twice), _table(found), _left_out(found), here, _parameters())
    return "\n".join((*(line for part in parts for line in part), ""))


def _head(validation: Validation, twice: Validation) -> Iterator[str]:
    yield "# The prediction against published cold starts"
    yield ""
    yield "Made by `.venv/bin/python -m tools.validation`. Each row is a cold start that somebody else measured on"
    yield "Lambda and published. The calculator (`bench/predict/`) got its bytes, storage, memory size and library,"
    yield "and the parameters of `published/figures.json`. No parameter was chosen by these rows. Some figures come"
    yield "from the same runs, though: which rows are not independent stands below the table."
    yield ""
    yield f"{DRAWS:,} draws, seed {SEED}; an interval holds 95 % of them."
    yield ""
    yield "| | starts | covered by the interval | predicted / published, median |"
    yield "|---|---|---|---|"
    for name, rows in (
        ("all", validation),
        ("test set", validation.only(lambda row: row.start.test)),
        ("not of the test set", validation.only(lambda row: not row.start.test)),
        ("independent of the calculator's figures", validation.only(lambda row: row.independent)),
    ):
        ratio = f"{rows.median_ratio:.2f}" if rows.rows else ""
        yield f"| {name} | {len(rows.starts)} | {rows.covered} | {ratio} |"
    yield ""
    yield "The published rate of reading an image (`image-chunk-later`) includes the making of an onnxruntime session,"
    yield "so that is not added again. This was noticed in the first comparison with these rows. If it is added:"
    yield f"{twice.covered} of {len(twice.starts)} covered, ratio {twice.median_ratio:.2f}."
    yield ""
    yield "The speed of Lambda's cores got the spread between environments (that of `core-sort`) after a comparison,"
    yield "too. The comparison without it had covered one start less."
    yield ""


def _table(validation: Validation) -> Iterator[str]:
    yield "## Row by row"
    yield ""
    yield "| | what | MB | memory, MB | published, s | predicted, s (95 %) | ratio | covered | width from |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for row in validation.rows:
        yield _line(row)
    yield ""
    missed = dict.fromkeys(row.start.id for row in validation.rows if not row.covered)
    if known := [name for name in missed if name in KNOWN]:
        yield "Known of what is not covered:"
        yield ""
        yield from (f"- {name}: {KNOWN[name]}." for name in known)
        yield ""
    yield "Not independent of the calculator's figures (beside `outside-image`, a small part of V1 to V11, from whose"
    yield "runs it comes):"
    yield ""
    for because in dict.fromkeys(row.rebuilt.because for row in validation.rows if row.rebuilt.because):
        names = (row.start.id for row in validation.rows if row.rebuilt.because == because)
        yield f"- {', '.join(dict.fromkeys(names))}: {because}."
    yield ""


def _line(row: Row) -> str:
    start, found = row.start, row.predicted
    what = f"{start.what}; {start.library}; {row.rebuilt.storage.label}"
    size = (row.rebuilt.bytes_ / _MB) or start.weights_mb or 0.0
    cells = (
        row.name + (" (test)" if start.test else ""),
        what,
        f"{size:.0f}",
        f"{start.memory_mb:,}",
        f"{row.published_ms / 1e3:.2f}",
        f"{found.median / 1e3:.2f} ({found.low / 1e3:.2f}-{found.high / 1e3:.2f})",
        f"{row.ratio:.2f}",
        "yes" if row.covered else "**no**",
        row.strongest or "",
    )
    return "| " + " | ".join(cells) + " |"


def _left_out(validation: Validation) -> Iterator[str]:
    yield "## Left out"
    yield ""
    for names, why in LEFT_OUT.items():
        yield f"- {names}: {why}."
    if missing := sorted({each.id for each in REBUILT} - set(validation.starts)):
        yield f"- {', '.join(missing)}: their library is not installed here."
    yield ""


def _core(core: Core) -> Iterator[str]:
    low, middle, high = (number for _, number in core_time(core.fibonacci_ms).points)
    yield "## What was measured here"
    yield ""
    yield "How fast a core of this machine is, by two tasks that others timed on a vCPU of Lambda. Every run measures"
    yield f"the first one. By that, the calculator lets a vCPU take {low:.2f} to {high:.2f} times as long as this core,"
    yield f"{middle:.2f} in the median."
    yield ""
    yield "| task | figure | on a vCPU, ms | here, ms | ratio (ends of the figure) |"
    yield "|---|---|---|---|---|"
    tasks = (("core-fibonacci", 1.0, core.fibonacci_ms), ("core-sort", 1e3, core.sort_ms))
    for key, unit, here in tasks:
        each = figure(key)
        ends = f"{each.range.low * unit / here:.2f}-{each.range.high * unit / here:.2f}"
        published = each.range.value * unit
        yield f"| {each.name} | `{key}` | {published:,.0f} | {here:,.0f} | {published / here:.2f} ({ends}) |"
    yield ""


def _libraries(libraries: Mapping[str, Library]) -> Iterator[str]:
    yield "Core time on this machine, median (least-most). The model has DistilBERT's shape and random weights. A"
    yield "program without Python is assumed to boot in 20 ms (5-40). The versions that are installed here stand for"
    yield "those of the sources:"
    yield f"{', '.join(f'{name} {found}' for name, found in _versions().items())}."
    yield ""
    yield "| library | boot, ms | imports, ms | making the model, ms | touched by imports, MB |"
    yield "|---|---|---|---|---|"
    for name, library in libraries.items():
        times = " | ".join(_spread(each) for each in (library.boot, library.imports, library.load))
        yield f"| {name} | {times} | {library.code_bytes / _MB:.0f} |"


def _parameters() -> Iterator[str]:
    yield ""
    yield "## The parameters"
    yield ""
    yield "Half of the draws of a parameter lie evenly between its lower end and its value, half between that and its"
    yield "upper end. The rate of an EFS stream has two modes; the least rate of an S3 connection is the one that a"
    yield "Python client got. All are drawn independently. The sources stand in `published/figures.json`."
    yield ""
    yield "| parameter | published figure | value | ends | kind | date |"
    yield "|---|---|---|---|---|---|"
    for found in PARAMETERS.values():
        if not found.figures:
            yield f"| {found.called} | none: measured by this project | | | | |"
        for key in found.figures:
            each = figure(key)
            value, ends = f"{each.range.value:g} {each.unit}", f"{each.range.low:g}-{each.range.high:g}"
            yield f"| {found.called} | `{key}` | {value} | {ends} | {each.kind} | {each.date} |"


def _spread(spread: Spread) -> str:
    low, middle, high = (number for _, number in spread.points)
    return f"{middle:,.0f} ({low:,.0f}-{high:,.0f})"


def _versions() -> dict[str, str]:
    names = ("onnxruntime", "torch", "transformers")
    return {name: version(name) for name in names if find_spec(name)}


def main() -> None:
    """Measure the libraries, write the document, and print it."""
    libraries, core = measure(), Core(fibonacci_ms(), sort_ms())
    text = document(libraries, core)
    (ROOT / "docs" / "validation.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
