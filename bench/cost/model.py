"""What a backend costs on AWS: pure arithmetic from measured durations and a price table.

Assumes: INIT is billed (for every package type since 2025-08-01); Lambda bills whole milliseconds; reading S3 from
Lambda in the same region through a gateway endpoint is free but for the GETs; EFS has elastic throughput; pulling an
image is free; no free tier.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from bench.cost.prices import Prices

HOURS_PER_MONTH = 730
_GB = 1e9
_FREE_EPHEMERAL_MB = 512


@dataclass(frozen=True)
class Assumptions:
    """What a run cannot know. Sizes in bytes; `endpoints` counts interface endpoints times zones."""

    stored_bytes: float = 620e6
    image_base_bytes: float = 250e6
    get_bytes: float = 8 * 1024**2
    log_bytes_per_request: float = 600.0
    endpoints: int = 0


@dataclass(frozen=True)
class Usage:
    """What was measured of one backend. Durations in ms as Lambda sees them, `init_ms` apart from `cold_ms`."""

    backend: str
    architecture: str
    memory_mb: int
    init_ms: float
    cold_ms: float
    warm_ms: float
    fetched_bytes: float
    ephemeral_mb: int = 512


@dataclass(frozen=True)
class Costs:
    """In USD: one cold start (request included), one warm request, and a month without any request."""

    cold_start: float
    warm_request: float
    idle_month: float

    def thousand(self, cold_share: float) -> float:
        """A thousand requests of which this share are cold starts."""
        return 1000 * (cold_share * self.cold_start + (1 - cold_share) * self.warm_request)

    def month(self, requests: float, cold_share: float) -> float:
        """A month with so many requests."""
        return self.idle_month + requests / 1000 * self.thousand(cold_share)


def costs(usage: Usage, prices: Prices, assumptions: Assumptions) -> Costs:
    """The costs of a backend."""
    per_request = (
        prices["lambda_request"]
        + prices["http_api_request"]
        + assumptions.log_bytes_per_request / _GB * prices["logs_ingested_gb"]
    )
    return Costs(
        cold_start=per_request
        + compute_usd(usage, usage.init_ms + usage.cold_ms, prices)
        + _fetch_usd(usage, prices, assumptions),
        warm_request=per_request + compute_usd(usage, usage.warm_ms, prices),
        idle_month=_storage_usd(usage.backend, prices, assumptions)
        + assumptions.endpoints * HOURS_PER_MONTH * prices["interface_endpoint_hour"],
    )


def compute_usd(usage: Usage, billed_ms: float, prices: Prices) -> float:
    """Memory (and /tmp above what is free) for a billed duration, rounded up to a whole millisecond."""
    seconds = math.ceil(billed_ms) / 1e3
    memory_gb = usage.memory_mb / 1024
    ephemeral_gb = max(0, usage.ephemeral_mb - _FREE_EPHEMERAL_MB) / 1024
    rate = memory_gb * prices[f"lambda_gb_second_{usage.architecture}"]
    return seconds * (rate + ephemeral_gb * prices["lambda_ephemeral_gb_second"])


def _fetch_usd(usage: Usage, prices: Prices, assumptions: Assumptions) -> float:
    """What the store charges for reading the weights once."""
    if usage.backend == "s3":
        return math.ceil(usage.fetched_bytes / assumptions.get_bytes) * prices["s3_get"]
    if usage.backend == "efs":
        return usage.fetched_bytes / _GB * prices["efs_read_gb"]
    return 0.0


def _storage_usd(backend: str, prices: Prices, assumptions: Assumptions) -> float:
    """Keeping the weights for a month, and for every backend the image that runs."""
    images = assumptions.image_base_bytes / _GB * prices["ecr_storage_gb_month"]
    rate = {"s3": "s3_storage_gb_month", "efs": "efs_storage_gb_month"}.get(backend, "ecr_storage_gb_month")
    return images + assumptions.stored_bytes / _GB * prices[rate]


def break_even(a: Costs, b: Costs, cold_share: float) -> float | None:
    """Requests per month at which `a` and `b` cost the same; None if one is cheaper at any traffic."""
    per_request = (a.thousand(cold_share) - b.thousand(cold_share)) / 1000
    fixed = b.idle_month - a.idle_month
    if per_request == 0 or fixed / per_request <= 0:
        return None
    return fixed / per_request
