"""Prices SageMaker Serverless Inference: billed for the time that requests take, like the function."""

from __future__ import annotations

import math

from bench.cost.alternatives.alternative import Alternative, Case, Waits
from bench.cost.model import Usage, logs_usd

# AWS::SageMaker::EndpointConfig ServerlessConfig, "Maximum: 6144" (AWS CloudFormation reference), read 2026-11-28
_MOST_GB = 6


def _gb(usage: Usage) -> int:
    return math.ceil(usage.memory_mb / 1024)


def _usd(case: Case) -> float:
    prices = case.terms.prices
    second = _gb(case.terms.usage) * prices["sagemaker_serverless_gb_second"]
    request = second * case.costs.warm_s + logs_usd(prices, case.terms.assumptions)
    return case.costs.idle_month + case.requests * request


def _barred(usage: Usage) -> str | None:
    return f"it has at most {_MOST_GB} GB" if _gb(usage) > _MOST_GB else None


SAGEMAKER_SERVERLESS = Alternative(
    name="SageMaker serverless",
    usd=_usd,
    needs=lambda _: ("sagemaker_serverless_gb_second",),
    waits=Waits(),
    assumed="a lower bound: whole GB of memory, as long as warm requests take, without its cold starts and data",
    barred=_barred,
)
