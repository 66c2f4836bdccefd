"""What cannot be left out: what a storage or this machine leaves of each requirement's budget, of the samples alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.ceiling.reads import BOTO3, OURS_ALONE, RAW
from bench.ceiling.requirements import BOTO3_TIMES, COLD_LIMITS, STORAGES
from bench.ceiling.samples import Samples
from bench.ceiling.tables import number, table

NAMES = {"efs": "EFS", "s3": "S3", "oci": "image"}
S3_NAMES = {RAW: "raw read", OURS_ALONE: "our fetch", BOTO3: "boto3, 595 MB", "onnx": "a whole cold start"}
LAMBDA_MEMORY_MB = 10_240  # the most that a function can have
RANKING_MS = 500


@dataclass(frozen=True)
class _Floor:
    """A cold start without waste, ms: what would be left if nothing but these parts took time."""

    budget: float
    boot: float
    read: float
    imports: float
    encode: float
    rest: float
    ours: float

    @property
    def total(self) -> float:
        """Reading and imports go side by side."""
        return self.boot + max(self.read, self.imports) + self.encode + self.rest


def lines(samples: Samples) -> Iterator[str]:
    """The section that says where the time goes, and why that is the limit."""
    yield from ("", "## Where the time goes, and what is the limit", "")
    yield from _fetches(samples)
    yield from _cold_starts(samples)


def _fetches(samples: Samples) -> Iterator[str]:
    rows = []
    for storage in STORAGES:
        where = f"{storage}, cold cache"
        raw, alone = (samples.median("read", where, how) for how in (RAW, OURS_ALONE))
        beside = samples.median("phase fetch", where, "onnx")
        if raw and alone and beside:
            rows.append((NAMES[storage], *map(number, (raw, alone, alone / raw, beside, beside / raw))))
    yield "The requirement compares reads that have the machine to themselves. In a start, what is imported and the"
    yield "tokenizer want the cores at the same time, and so do the lab's storages, which run on the same ones."
    yield ""
    yield from table(("storage", "raw read, ms", "ours, ms", "/ raw", "ours in a start, ms", "/ raw"), rows)
    yield from _s3(samples)


def _s3(samples: Samples) -> Iterator[str]:
    """What the cores do while S3 is read: the part of its servers is what no reader can leave out."""
    where, cores = "s3, cold cache", samples.median("cores", "machine", "all")
    rows = []
    for how, what in ((RAW, "read"), (OURS_ALONE, "read"), (BOTO3, "read"), ("onnx", "cold start")):
        taken, total = samples.median(what, where, how), samples.median("core time", where, how)
        own = samples.median("own core time", where, how)
        if cores and taken and total:
            reader = number(own) if own else ""
            rows.append((S3_NAMES.get(how, how), *map(number, (taken, total, 100 * total / taken / cores)), reader))
    yield ""
    yield "S3 by core time, the servers' included:"
    yield ""
    yield from table(("", "ms", "core time, ms", "of all cores, %", "core time of the reader, ms"), rows)
    size = samples.median("planned bytes", "bundle", "onnx")
    total, own = (samples.median(what, where, RAW) for what in ("core time", "own core time"))
    boto3 = samples.median("rate", where, BOTO3)
    if cores and size and total and own and boto3:
        servers = total - own
        most = size / (servers / cores) / 1000
        left, rate, times = map(number, (servers, most, most / boto3))
        yield ""
        yield f"In the raw read the store's servers and the kernel take {left} ms of core time. So no reader gets more"
        yield f"than {rate} MB/s from this store on {cores:.0f} cores, not even one that takes no time itself:"
        yield f"{times} times what boto3 gets, where {BOTO3_TIMES} times are required."


def _cold_starts(samples: Samples) -> Iterator[str]:
    floors = [
        (f"{NAMES[s]}, {cache}", _floor(samples, f"{s}, {cache} cache", limit)) for s, cache, limit in COLD_LIMITS
    ]
    rows = []
    for name, floor in floors:
        if floor:
            parts = (
                floor.boot,
                floor.read,
                floor.imports,
                floor.encode,
                floor.rest,
                floor.total,
                floor.budget,
                floor.ours,
            )
            rows.append((name, *map(number, parts)))
    yield ""
    yield "A cold start cannot be shorter than its parts, of which reading and imports go side by side: `boot` is the"
    yield "runtime's own start of Python and its client, `read` the fastest read of the same bytes above (none where"
    yield "the cache is warm), `rest` what HTTP, the API and the runtime's emulator take. `least` is their sum, `may"
    yield "take` what the requirement leaves: 1/15 or 1/6 of what the transformers engine takes. ms."
    yield ""
    yield from table(("storage, cache", "boot", "read", "import", "encode", "rest", "least", "may take", "is"), rows)


def _floor(samples: Samples, where: str, limit: float) -> _Floor | None:
    def median(phase: str) -> float | None:
        return samples.median(f"phase {phase}", where, "onnx")

    whole, theirs = (samples.median("cold start", where, engine) for engine in ("onnx", "transformers"))
    reads = [value for how in (RAW, OURS_ALONE) if (value := samples.median("read", where, how))]
    boot, init, imports, encode, handler = map(median, ("boot", "init", "import", "encode", "handler"))
    if not (whole and theirs and reads and boot and init and imports and encode and handler):
        return None
    read = 0.0 if "warm" in where else min(reads)
    return _Floor(theirs * limit, boot, read, imports, encode, whole - boot - init - handler, whole)


def exact_search(samples: Samples) -> Iterator[str]:
    """Up to which size of the index a ranking against all of it is the right choice."""
    large, small = 1_000_000, 1_000
    time = samples.median("rank", f"{large:,} incidents", "top 3")
    peaks = [samples.median("peak memory", f"{size:,} incidents", "ranking process") for size in (large, small)]
    if time and peaks[0] and peaks[1]:
        each = (peaks[0] - peaks[1]) / (large - small)
        in_time, in_memory = RANKING_MS / time * large, LAMBDA_MEMORY_MB / each
        yield ""
        yield f"Time and memory grow with the index: {number(time)} ms and {number(peaks[0])} MB for a million"
        yield "incidents; AIID has not yet two thousand. An exact search is the right choice up to the"
        yield f"{min(in_time, in_memory) / 1e6:.1f} million at which {RANKING_MS} ms or the {LAMBDA_MEMORY_MB:,} MB of"
        yield "the largest function are used up."
