"""Computes lower bounds from the samples: what a storage or this machine leaves of each requirement's budget."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.limits.reads import BOTO3, OURS_ALONE, RAW
from bench.limits.requirements import BOTO3_TIMES, COLD_LIMITS
from bench.limits.samples import Samples
from bench.limits.tables import number, plain, table
from contract.engines import ENGINES
from contract.limits import MAX_MEMORY_MB
from contract.phases import BOOT, ENCODE, HANDLER, IMPORT, INIT
from contract.storages import S3, USUAL

COLD_S3 = f"{S3.name}, cold cache"
S3_NAMES = {RAW: "raw read", OURS_ALONE: "our fetch", BOTO3: "boto3, 595 MB", "onnx": "a whole cold start"}
RANKING_MS = 500


@dataclass(frozen=True)
class _LowerBound:
    """A cold start without waste, in ms: its duration if only these parts took time."""

    budget: float
    boot: float
    read: float
    imports: float
    encode: float
    rest: float
    ours: float

    @property
    def total(self) -> float:
        """The sum, in which reading and imports go side by side."""
        return self.boot + max(self.read, self.imports) + self.encode + self.rest


def lines(samples: Samples) -> Iterator[str]:
    """The section that explains where the time goes, and why that is the limit."""
    yield from ("", "## Where the time goes, and what is the limit", "")
    yield from _fetches(samples)
    yield from _cold_starts(samples)


def _fetches(samples: Samples) -> Iterator[str]:
    rows = []
    for storage in USUAL.values():
        where = f"{storage.name}, cold cache"
        raw, alone = (samples.median("read", where, how) for how in (RAW, OURS_ALONE))
        beside = samples.median("phase fetch", where, "onnx")
        if raw and alone and beside:
            rows.append((storage.label, *map(number, (raw, alone, alone / raw, beside, beside / raw))))
    yield "The requirement compares reads that have the machine to themselves. In a start, what is imported and the"
    yield "tokenizer want the cores at the same time, and so do the lab's storages, which run on the same ones."
    yield ""
    yield from table(("storage", "raw read, ms", "ours, ms", "/ raw", "ours in a start, ms", "/ raw"), rows)
    yield from _s3(samples)


def _s3(samples: Samples) -> Iterator[str]:
    """The work of the cores while S3 is read: its servers and any reader need this time in any case."""
    cores, size = samples.median("cores", "machine", "all"), samples.median("planned bytes", "bundle", "onnx")
    boto3, own = samples.median("rate", COLD_S3, BOTO3), samples.median("own core time", COLD_S3, RAW)
    rows = []
    for how in (RAW, OURS_ALONE, BOTO3, "onnx"):
        taken = samples.median("cold start" if how == "onnx" else "read", COLD_S3, how)
        total, reader = (samples.median(what, COLD_S3, how) for what in ("core time", "own core time"))
        if cores and taken and total:
            parts = (taken, total, 100 * total / taken / cores)
            rows.append((S3_NAMES[how], *map(number, parts), plain(reader)))
    yield from ("", "S3 by core time, the servers' included:", "")
    yield from table(("", "ms", "core time, ms", "of all cores, %", "core time of the reader, ms"), rows)
    servers = [taken for how in (RAW, OURS_ALONE, BOTO3) if size and (taken := _servers(samples, how, size))]
    if cores and size and servers and own and boto3:
        most = size / ((min(servers) + own) / cores) / 1000
        least, receiving, rate, times = map(number, (min(servers), own, most, most / boto3))
        yield ""
        yield f"For the bytes of the plan the store's servers and the kernel take {least} ms of core time at the least,"
        yield f"whoever reads, and a reader that keeps nothing takes {receiving}. So {cores:.0f} cores have time for"
        yield f"{rate} MB/s at most: {times} times what boto3 gets, where {BOTO3_TIMES} times are required."


def _servers(samples: Samples, how: str, size: float) -> float | None:
    """Milliseconds of core time that everything but the reader's own process takes for `size` bytes."""
    total, own = (samples.median(what, COLD_S3, how) for what in ("core time", "own core time"))
    rate, taken = (samples.median(what, COLD_S3, how) for what in ("rate", "read"))
    return (total - own) * size / (rate * taken * 1000) if total and own and rate and taken else None


def _cold_starts(samples: Samples) -> Iterator[str]:
    bounds = [
        (f"{USUAL[s].label}, {cache}", _bound(samples, f"{s}, {cache} cache", limit)) for s, cache, limit in COLD_LIMITS
    ]
    rows = []
    for name, bound in bounds:
        if bound:
            parts = (
                bound.boot,
                bound.read,
                bound.imports,
                bound.encode,
                bound.rest,
                bound.total,
                bound.budget,
                bound.ours,
            )
            rows.append((name, *map(number, parts)))
    yield ""
    yield "A cold start cannot be shorter than its parts, of which reading and imports go side by side: `boot` is the"
    yield "runtime's own start of Python and its client, `read` the fastest read of the same bytes above (none where"
    yield "the cache is warm), `rest` what HTTP, the API and the runtime's emulator take. `least` is their sum, `may"
    yield "take` what the requirement leaves: 1/15 or 1/6 of what the transformers engine takes. ms."
    yield ""
    yield from table(("storage, cache", "boot", "read", "import", "encode", "rest", "least", "may take", "is"), rows)


def _bound(samples: Samples, where: str, limit: float) -> _LowerBound | None:
    def median(phase: str) -> float | None:
        return samples.median(f"phase {phase}", where, "onnx")

    whole, theirs = (samples.median("cold start", where, engine) for engine in ENGINES)
    reads = [value for how in (RAW, OURS_ALONE) if (value := samples.median("read", where, how))]
    boot, init, imports, encode, handler = map(median, (BOOT, INIT, IMPORT, ENCODE, HANDLER))
    if not (whole and theirs and reads and boot and init and imports and encode and handler):
        return None
    read = 0.0 if "warm" in where else min(reads)
    return _LowerBound(theirs * limit, boot, read, imports, encode, whole - boot - init - handler, whole)


def exact_search(samples: Samples) -> Iterator[str]:
    """Up to which size of the index it is right to rank all of it."""
    large, small = 1_000_000, 1_000
    time = samples.median("rank", f"{large:,} incidents", "top 3")
    peaks = [samples.median("peak memory", f"{size:,} incidents", "ranking process") for size in (large, small)]
    if time and peaks[0] and peaks[1]:
        each = (peaks[0] - peaks[1]) / (large - small)
        in_time, in_memory = RANKING_MS / time * large, MAX_MEMORY_MB / each
        yield ""
        yield f"Time and memory grow with the index: {number(time)} ms and {number(peaks[0])} MB for a million"
        yield "incidents; AIID has not yet two thousand. An exact search is the right choice up to the"
        yield f"{min(in_time, in_memory) / 1e6:.1f} million at which {RANKING_MS} ms or the {MAX_MEMORY_MB:,} MB of"
        yield "the largest function are used up."
