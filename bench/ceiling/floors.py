"""What cannot be left out: what a storage or this machine leaves of each requirement's budget, of the samples alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.ceiling.requirements import COLD_LIMITS, STORAGES
from bench.ceiling.samples import Samples
from bench.ceiling.storages import OURS_ALONE
from bench.ceiling.tables import number, table

NAMES = {"efs": "EFS", "s3": "S3", "oci": "image"}
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
        alone, raw = (samples.median("read", where, how) for how in (OURS_ALONE, "raw read"))
        beside = samples.median("phase fetch", where, "onnx")
        busy = samples.median("busy", where, "raw read")
        if alone and raw and beside and busy:
            parts = (raw, busy, alone, alone / raw, beside, beside / raw)
            rows.append((NAMES[storage], *map(number, parts)))
    head = ("storage", "raw read, ms", "cores busy in it, %", "ours alone, ms", "/ raw", "ours in a start, ms", "/ raw")
    yield from table(head, rows)
    yield ""
    yield "The lab's storages run on the same cores as the function. A raw read that keeps these busy leaves nothing"
    yield "for what a start does beside its fetch: by what imports and tokenizer take, the fetch takes longer."
    raw_rate, boto3_rate = (
        samples.median("rate", "s3, cold cache", how) for how in ("raw read", "boto3 download_file")
    )
    if raw_rate and boto3_rate:
        yield ""
        yield f"S3 against boto3: the raw read gets {number(raw_rate)} MB/s, boto3 {number(boto3_rate)}. So a reader of"
        yield f"this store that keeps nothing can reach {number(raw_rate / boto3_rate)} times boto3's speed."


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
    reads = [value for how in ("raw read", OURS_ALONE) if (value := samples.median("read", where, how))]
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
