"""Computes what a backend costs on AWS: pure arithmetic on measured durations and a price table.

A bill is a sum, so a request costs what the mean of all billed requests costs, not the median one. A GB is 2**30 bytes,
as AWS bills it (https://aws.amazon.com/s3/faqs/: "1 GB / 1,073,741,824 bytes").

Assumes: INIT is billed (for every package type since 2025-08-01); Lambda bills whole milliseconds; reading S3 from
Lambda in the same region through a gateway endpoint is free but for the GETs; pulling an image is free; images are as
large in ECR as their files, although it stores them compressed; no free tier, no tiers of volume.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.cost.prices import Prices
from bench.process.errors import UsageError
from bench.stats.clusters import mean_interval
from bench.stats.quantiles import Interval
from contract.bucket import BUNDLE_BYTES, PLANS
from contract.precisions import FP32
from contract.storages import Charges, storage

HOURS_PER_MONTH = 730
_GB = 2**30
_METADATA_BYTES = 4 << 10  # the least that S3 Files charges for metadata
FREE_EPHEMERAL_MB = 512
LEAST_SNAPSHOT_S = 3 * 3600.0
READY_STEP_S = 300.0  # "rounded up to the nearest five minutes", aws.amazon.com/lambda/pricing (seen November 2026)


@dataclass(frozen=True)
class Assumptions:
    """Values that a run cannot measure. Sizes in bytes; `endpoints` counts interface endpoints times zones.

    `get_bytes` is what a GET reads where a run does not say how many it made.
    """

    image_base_bytes: float = 250e6
    get_bytes: float = PLANS[FP32].bytes_ / len(PLANS[FP32].gets)
    log_bytes_per_request: float = 600.0
    endpoints: int = 0


@dataclass(frozen=True)
class Usage:
    """What the bill for a backend depends on, apart from its requests.

    `stored_bytes` are those of the bundle; `mode` is what the storage is deployed in (None: the default one), with the
    MiB/s that are provisioned, if so. `snapshot`: cold starts restore one, and one version of it is kept. A mounted
    bucket may be `read_through` its file system.
    """

    backend: str
    architecture: str
    memory_mb: int
    ephemeral_mb: int = FREE_EPHEMERAL_MB
    stored_bytes: float = BUNDLE_BYTES
    mode: str | None = None
    provisioned_mibps: int = 0
    snapshot: bool = False
    read_through: bool = False

    @property
    def charges(self) -> Charges:
        """What AWS charges for the storage. Raises UsageError for one, or a mode, that is not in the list."""
        try:
            found = storage(self.backend)
            return (self.read_through and found.read_through) or found.charged(self.mode)
        except ValueError as error:
            raise UsageError(f"what {self.backend} costs is not known: {error}") from error


@dataclass(frozen=True)
class Billed:
    """One request as it is billed: ms (INIT included), and the bytes and GETs that it took from the store.

    `gets` is None where only the bytes are known.
    """

    ms: float
    fetched_bytes: float = 0.0
    gets: int | None = None


@dataclass(frozen=True)
class Ready:
    """Provisioned concurrency, in USD: an environment that is kept for a month, and a request to it."""

    month: float
    request: float


@dataclass(frozen=True)
class Terms:
    """What costs were computed with."""

    usage: Usage
    prices: Prices
    assumptions: Assumptions


@dataclass(frozen=True)
class Costs:
    """In USD, means: one cold start (request included), one warm request, and a month without any request.

    `cold_s` and `warm_s` are how long such a request holds its environment. The intervals are of the means, with visits
    as the units; None where there were too few visits. `ready` is None where its prices are not known. Without `terms`
    no other way can be priced; two are equal where they cost the same, whatever the terms.
    """

    cold_start: float
    warm_request: float
    idle_month: float
    cold_s: float = 0.0
    warm_s: float = 0.0
    cold_start_interval: Interval | None = None
    warm_request_interval: Interval | None = None
    ready: Ready | None = None
    terms: Terms | None = field(default=None, compare=False)


def costs(
    usage: Usage,
    cold: Sequence[Sequence[Billed]],
    warm: Sequence[Sequence[Billed]],
    prices: Prices,
    assumptions: Assumptions,
    confidence: float = 0.95,
) -> Costs:
    """The costs of a backend from its cold and warm requests, grouped by visit. Raises ValueError if there are none."""
    usd = [[[request_usd(usage, one, prices, assumptions) for one in v] for v in state] for state in (cold, warm)]
    if usage.snapshot:
        usd[0] = [[one + restore_usd(usage, prices) for one in visit] for visit in usd[0]]
    cold_s, warm_s = (_mean([[one.ms / 1e3 for one in visit] for visit in state]) for state in (cold, warm))
    return Costs(
        cold_start=_mean(usd[0]),
        warm_request=_mean(usd[1]),
        idle_month=idle_month_usd(usage, prices, assumptions),
        cold_s=cold_s,
        warm_s=warm_s,
        cold_start_interval=_interval(usd[0], confidence),
        warm_request_interval=_interval(usd[1], confidence),
        ready=_ready(usage, warm, prices, assumptions),
        terms=Terms(usage, prices, assumptions),
    )


def request_usd(usage: Usage, billed: Billed, prices: Prices, assumptions: Assumptions) -> float:
    """One request: Lambda and API, logs, compute, and what the store charges for reading."""
    compute = compute_usd(usage, billed.ms, prices)
    return _fixed_usd(prices, assumptions) + compute + _fetch_usd(usage, billed, prices, assumptions)


def restore_usd(usage: Usage, prices: Prices) -> float:
    """What a restore costs beside its time: by the function's memory."""
    return usage.memory_mb / 1024 * prices["lambda_snapshot_restored_gb"]


def snapshot_usd(usage: Usage, prices: Prices, seconds: float = 0.0) -> float:
    """What a version's snapshot costs for so long: at least for three hours, by the function's memory."""
    kept_s = max(seconds, LEAST_SNAPSHOT_S)
    return usage.memory_mb / 1024 * kept_s * prices["lambda_snapshot_gb_second"]


def ready_usd(usage: Usage, prices: Prices, seconds: float) -> float:
    """What an environment of provisioned concurrency costs for so long, by the function's memory, requests apart."""
    billed_s = math.ceil(seconds / READY_STEP_S) * READY_STEP_S
    return usage.memory_mb / 1024 * billed_s * prices[f"lambda_provisioned_gb_second_{usage.architecture}"]


def compute_usd(usage: Usage, billed_ms: float, prices: Prices) -> float:
    """Memory (and /tmp above what is free) for the duration of one request, rounded up to a whole millisecond."""
    return _compute_usd(usage, billed_ms, prices, f"lambda_gb_second_{usage.architecture}")


def idle_month_usd(usage: Usage, prices: Prices, assumptions: Assumptions) -> float:
    """A month without requests: the weights, the function's image, its snapshot, provisioned throughput, endpoints."""
    charges, stored_gb = usage.charges, usage.stored_bytes / _GB
    usd = stored_gb * prices[charges.gb_month]
    usd += assumptions.image_base_bytes / _GB * prices["ecr_storage_gb_month"]
    if charges.mibps_month:
        usd += max(0.0, usage.provisioned_mibps - stored_gb / charges.included_gb) * prices[charges.mibps_month]
    if usage.snapshot:
        usd += snapshot_usd(usage, prices, HOURS_PER_MONTH * 3600.0)
    return usd + assumptions.endpoints * HOURS_PER_MONTH * prices["interface_endpoint_hour"]


def _ready(usage: Usage, warm: Sequence[Sequence[Billed]], prices: Prices, assumptions: Assumptions) -> Ready | None:
    """An environment kept ready is billed by the second, and a request to it by a lower rate than others."""
    kept, used = (f"lambda_provisioned{what}_gb_second_{usage.architecture}" for what in ("", "_used"))
    if usage.snapshot:  # AWS offers it for the one or the other
        return None
    if not {kept, used} <= set(prices.usd):  # recorded before these prices were in the table
        return None
    requests = [
        [_fixed_usd(prices, assumptions) + _compute_usd(usage, one.ms, prices, used) for one in visit] for visit in warm
    ]
    return Ready(usage.memory_mb / 1024 * HOURS_PER_MONTH * 3600 * prices[kept], _mean(requests))


def _fixed_usd(prices: Prices, assumptions: Assumptions) -> float:
    """What every request costs, whatever it does."""
    return prices["lambda_request"] + prices["http_api_request"] + logs_usd(prices, assumptions)


def logs_usd(prices: Prices, assumptions: Assumptions) -> float:
    """What a request writes into the log."""
    return assumptions.log_bytes_per_request / _GB * prices["logs_ingested_gb"]


def _compute_usd(usage: Usage, billed_ms: float, prices: Prices, price: str) -> float:
    seconds = math.ceil(billed_ms) / 1e3
    ephemeral_gb = max(0, usage.ephemeral_mb - FREE_EPHEMERAL_MB) / 1024
    rate = usage.memory_mb / 1024 * prices[price]
    return seconds * (rate + ephemeral_gb * prices["lambda_ephemeral_gb_second"])


def _fetch_usd(usage: Usage, billed: Billed, prices: Prices, assumptions: Assumptions) -> float:
    """The store's charge for what one request reads."""
    charges, usd = usage.charges, 0.0
    size = charges.get_bytes or assumptions.get_bytes
    if charges.get:
        gets = math.ceil(billed.fetched_bytes / size) if billed.gets is None or charges.get_bytes else billed.gets
        usd += gets * prices[charges.get]
        # A run may have recorded a table from before this price was in it.
        if charges.gb_metadata and charges.gb_metadata in prices.usd:
            usd += gets * _METADATA_BYTES / _GB * prices[charges.gb_metadata]
    if charges.gb_read:
        usd += billed.fetched_bytes / _GB * prices[charges.gb_read]
    return usd


def _mean(visits: Sequence[Sequence[float]]) -> float:
    if not any(visits):
        raise ValueError("without requests nothing can be priced")
    return statistics.fmean(value for visit in visits for value in visit)


def _interval(visits: Sequence[Sequence[float]], confidence: float) -> Interval | None:
    found = mean_interval(visits, confidence)
    return found and Interval(max(0.0, found.low), found.high)
