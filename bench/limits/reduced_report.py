"""Says how int8 compares with fp32, whether that is what it must be, and where the time of a cold start goes."""

from __future__ import annotations

from collections.abc import Iterator

from bench.limits.reduced import AGREES, BARE, BYTES, COMPARED, COST, ENCODE, LENGTHS, MEMORY, PHASE, PRICED, START
from bench.limits.requirements import Row, ratio
from bench.limits.samples import Samples
from bench.limits.tables import number, plain, requirements_table, table, timed
from bench.stats.quantiles import quantile
from bench.text.numbers import percent
from contract.phases import BOOT, FETCH, HANDLER, IMPORT, INIT, LOAD, TOKENIZE
from contract.phases import ENCODE as ENCODING
from contract.precisions import FP32, INT8, Agreement
from contract.storages import EFS, IMAGE, USUAL, USUAL_NAMES, Storage

MOST_BYTES, MOST_MEMORY, MOST_COST, LEAST_COSINE = 0.27, 0.5, 0.3, 0.99
MOST_COLD = {name: 0.75 if name == IMAGE.name else 0.55 for name in USUAL_NAMES}
MOST_WARM = {20: 0.6, 512: 0.6, 4096: 0.7}
"""The largest ratios, int8 / fp32; the least cosine. Texts by tokens."""
COMMAND = "bench/run.py limits --int8"
_SHOWN = (BOOT, INIT, IMPORT, FETCH, LOAD, TOKENIZE, ENCODING)


def rows(samples: Samples) -> Iterator[Row]:
    """All requirements that have measurements."""
    for name in USUAL_NAMES:
        for what, said, most in (
            (BYTES, "bytes before the first answer", MOST_BYTES),
            (START, "cold start over HTTP, cold cache", MOST_COLD[name]),
            (MEMORY, "peak memory", MOST_MEMORY),
        ):
            yield from _compared(samples, what, name, f"{name}: {said}", most)
    yield from _compared(samples, COST, EFS.name, f"{EFS.name}: cost of a cold start", MOST_COST)
    for tokens, most in MOST_WARM.items():
        yield from _compared(samples, ENCODE, f"{tokens} tokens", f"warm encode of {tokens:,} tokens", most)
    for cosine in samples.values(AGREES, INT8, "cosine_p1"):
        yield Row("int8: cosine with fp32's vectors, 1st percentile", cosine, LEAST_COSINE, False)


def _compared(samples: Samples, what: str, where: str, said: str, most: float) -> Iterator[Row]:
    fp32, int8 = (samples.values(what, where, precision) for precision in COMPARED)
    yield from ratio(f"{said}, int8 / fp32", int8, fp32, most, most=True)


def lines(samples: Samples) -> Iterator[str]:
    """The document's section; no lines if nothing was measured."""
    prices = samples.hows(PRICED, "AWS")
    if not prices:
        return
    yield from ("", "## A quarter of the bytes: int8 beside fp32", "")
    yield "Cold starts of both bundles by turns, with cold caches and texts of 20 tokens. The costs are computed from"
    yield f"what each start was billed for and read, by list prices ({prices[0]}). This alone is measured by"
    yield f"`{COMMAND}`."
    yield ""
    yield from _measured(samples)
    yield from _agreement(samples)
    yield from _where(samples)


def _measured(samples: Samples) -> Iterator[str]:
    found = []
    for storage in USUAL.values():
        for what, said, unit in (
            (START, "cold start, ms", 1.0), (BYTES, "read, MB", 1e-6), (MEMORY, "peak memory, MB", 1.0),
            (COST, "1,000 cold starts, USD", 1.0),
        ):  # fmt: skip
            found.append((storage.label, said, *_cells(samples, what, storage.name, unit)))
    for tokens in LENGTHS:
        found.append(("", f"warm encode of {tokens:,} tokens, ms", *_cells(samples, ENCODE, f"{tokens} tokens", 1.0)))
    yield from table(("storage", "", *COMPARED), found)


def _cells(samples: Samples, what: str, where: str, unit: float) -> tuple[str, ...]:
    return tuple(timed([value * unit for value in samples.values(what, where, each)]) for each in COMPARED)


def _agreement(samples: Samples) -> Iterator[str]:
    found = [value for name in Agreement._fields for value in samples.values(AGREES, INT8, name)]
    if len(found) != len(Agreement._fields):
        return
    built = Agreement(round(found[0]), *found[1:])
    yield ""
    yield f"Of the {built.items:,} incidents of the index, {percent(built.top_1)} have the same nearest other one as in"
    yield f"fp32, as the build of this bundle measured; the median cosine is {built.cosine_median:.4f}. With synthetic"
    yield "weights, neighbours mean little: `make acceptance ARGS=int8` asks real ones."


def _where(samples: Samples) -> Iterator[str]:
    """What a cold start is made of, and what is left of it if reading takes no time."""
    yield ""
    yield "Where the time goes, in ms: `init` spans import, fetch and load, which overlap; `rest` is what HTTP, the API"
    yield "and the runtime's emulator take. `unread` is the start without the part of INIT in which it only waited for"
    yield "what it read. No bundle is faster than that, however small, as long as the rest takes what it takes. `no"
    yield "model` is the search function, which has neither weights nor onnxruntime nor tokenizer."
    yield ""
    found = [_row(samples, storage, precision) for storage in USUAL.values() for precision in (*COMPARED, BARE)]
    shares = ("whole / fp32's", "unread / fp32's whole")
    yield from table(("storage", "precision", "whole (95 %)", *_SHOWN, "rest", "unread", *shares), found)


def _row(samples: Samples, storage: Storage, precision: str) -> tuple[str, ...]:
    fp32, taken = (samples.median(START, storage.name, each) for each in (FP32, precision))
    unread = _unread(samples, storage.name, precision)
    return (
        storage.label, precision, timed(samples.values(START, storage.name, precision)),
        *(plain(samples.median(f"{PHASE}{phase}", storage.name, precision)) for phase in _SHOWN),
        plain(_rest(samples, storage.name, precision)), plain(unread),
        *(number(each / fp32) if each and fp32 else "" for each in (taken, unread)),
    )  # fmt: skip


def _rest(samples: Samples, name: str, precision: str) -> float | None:
    """The median of what each start took beside Python's own start, INIT and handler."""
    whole, *parts = (samples.values(what, name, precision) for what in (START, *map(_phase, (BOOT, INIT, HANDLER))))
    return _median([taken - sum(others) for taken, *others in zip(whole, *parts, strict=False)])


def _unread(samples: Samples, name: str, precision: str) -> float | None:
    """The median of what each start took but for the part of INIT in which it neither imported nor loaded."""
    found = (samples.values(what, name, precision) for what in (START, *map(_phase, (INIT, IMPORT, LOAD))))
    return _median([whole - max(0.0, init - made - load) for whole, init, made, load in zip(*found, strict=False)])


def _phase(name: str) -> str:
    return f"{PHASE}{name}"


def _median(values: list[float]) -> float | None:
    return quantile(values, 0.5) if values else None


def document(samples: Samples, command: str) -> Iterator[str]:
    """The lines of a page of its own."""
    yield from ("# Eight bits instead of thirty-two", "")
    yield f"Made by `{command}`, of one run in a lab: these are not"
    yield "figures of AWS. Medians, with 95 % intervals where there are enough."
    yield ""
    for what, said in ((sample.where, sample.how) for sample in samples if sample.what == "fact"):
        yield f"- {what}: {said}"
    yield from ("", "## What must be, and is", "")
    yield from requirements_table(rows(samples))
    yield from lines(samples)
