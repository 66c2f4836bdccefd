"""Compares the samples of one run with what the service must reach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.limits.reads import BOTO3, OURS_ALONE, RAW
from bench.limits.samples import Samples
from bench.stats.bootstrap import median_ratio_interval
from bench.stats.quantiles import Interval, quantile
from contract.engines import ENGINES
from contract.storages import S3, USUAL_NAMES, storage

# Our cold start over HTTP as a share of transformers', at most: by storage and page cache. What is fetched from a
# bucket has no warm cache that counts.
COLD_LIMITS = (
    *((name, "warm", 1 / 15) for name in reversed(USUAL_NAMES) if storage(name).opened == "directory"),
    *((name, "cold", 1 / 6) for name in USUAL_NAMES),
)
BOTO3_TIMES = 2.5
LEAST_RATIOS = {20: 20.0, 64: 9.0, 128: 5.0, 257: 2.7, 512: 1.6, 1000: 2.0, 2000: 3.0, 4096: 5.0}


@dataclass(frozen=True)
class Row:
    """One requirement: `value` must be at most (`most`) or at least `limit`; `interval` where one can be given."""

    text: str
    value: float
    limit: float
    most: bool
    unit: str = ""
    interval: Interval | None = None

    @property
    def met(self) -> bool:
        """Whether the value, as measured, is within the limit."""
        return self.value <= self.limit if self.most else self.value >= self.limit


def rows(samples: Samples) -> Iterator[Row]:
    """All requirements that have measurements."""
    fetched = [s.value for s in samples if s.what == "bytes fetched" and s.how == "onnx"]
    if fetched:
        yield Row("bytes fetched before the first answer", max(fetched) / 1e6, 346, True, " MB")
    for name in USUAL_NAMES:
        ours, raw = (samples.values("read", f"{name}, cold cache", how) for how in (OURS_ALONE, RAW))
        yield from ratio(f"{name}: fetch time / raw read of the same bytes, cold cache", ours, raw, 1.2, most=True)
    yield from _rate(samples)
    for name, cache, limit in COLD_LIMITS:
        yield from _cold(samples, name, f"{cache} cache", limit)
    for tokens, least in LEAST_RATIOS.items():
        theirs, ours = (samples.values("encode", f"{tokens} tokens", e) for e in ("transformers", "onnx"))
        yield from ratio(f"warm encode of {tokens:,} tokens: LongformerModel / ours", theirs, ours, least, most=False)
    deltas = [s.value for s in samples if s.what == "delta"]
    if deltas:
        yield Row("largest difference of a CLS vector", max(deltas), 1e-5, True)
        same = [s.value for s in samples if s.what == "same ranking"]
        yield Row("share of lengths with the same ranking", min(same), 1, False)
    for tokens, limit in ((20, 550), (4096, 1200)):
        if peak := samples.values("peak memory", f"function, {tokens} tokens", "onnx"):
            yield Row(f"peak memory of the function after {tokens:,} tokens", max(peak), limit, True, " MB")
    if times := samples.values("rank", "1,000,000 incidents", "top 3"):
        yield Row("ranking against 1,000,000 incidents", quantile(times, 0.5), 500, True, " ms")


def _cold(samples: Samples, name: str, cache: str, limit: float) -> Iterator[Row]:
    ours, theirs = (samples.values("cold start", f"{name}, {cache}", e) for e in ENGINES)
    yield from ratio(f"{name}: cold start over HTTP, {cache}, onnx / transformers", ours, theirs, limit, most=True)


def _rate(samples: Samples) -> Iterator[Row]:
    """Our fetch's megabytes per second over those of boto3, which downloads the whole file; each runs alone."""
    ours, theirs = (samples.values("rate", f"{S3.name}, cold cache", how) for how in (OURS_ALONE, BOTO3))
    yield from ratio(f"{S3.label}: our MB/s / boto3 download_file's", ours, theirs, BOTO3_TIMES, most=False)


def ratio(text: str, above: list[float], below: list[float], limit: float, *, most: bool) -> Iterator[Row]:
    """The requirement for a ratio of medians; none where one of them was not measured."""
    if above and below:
        found = quantile(above, 0.5) / quantile(below, 0.5)
        yield Row(text, found, limit, most, interval=median_ratio_interval(above, below))
