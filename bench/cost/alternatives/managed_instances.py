"""Prices Lambda Managed Instances: the function on EC2 instances that AWS runs, at least three and never none."""

from __future__ import annotations

from bench.cost.alternatives.alternative import Alternative, Case, Waits
from bench.cost.alternatives.servers import larges, servers
from bench.cost.model import HOURS_PER_MONTH, Usage, logs_usd

# Environments, here one an instance, and _LEAST_MB each (agent-toolkit-for-aws, aws-serverless lambda.md, 2026-08-20).
_LEAST = 3
_LEAST_MB = 2048


def _instance(usage: Usage) -> str:
    return f"ec2_large_hour_{usage.architecture}"


def _usd(case: Case) -> float:
    usage, prices, assumptions = case.terms.usage, case.terms.prices, case.terms.assumptions
    hour = larges(max(_LEAST_MB, usage.memory_mb)) * prices[_instance(usage)] * (1 + prices["managed_fee_share"])
    request = prices["lambda_request"] + prices["http_api_request"] + logs_usd(prices, assumptions)
    fleet = max(_LEAST, servers(case)) * HOURS_PER_MONTH * hour
    return case.costs.idle_month + fleet + case.requests * request


MANAGED_INSTANCES = Alternative(
    name="Lambda Managed Instances",
    usd=_usd,
    needs=lambda usage: (_instance(usage), "managed_fee_share"),
    waits=Waits(),
    assumed="three instances or more around the clock, each for one request at a time and half busy at most",
)
