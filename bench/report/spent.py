"""Says what the requests of a run cost on AWS."""

from __future__ import annotations

from bench.report.report import Report


def spent_usd(report: Report) -> float | None:
    """USD of all requests that the run made, by the mean costs that it measured; None in a lab, and without prices."""
    if report.costs is None or report.meta.target.is_lab:
        return None
    priced = {item.variant: item.costs for item in report.costs.variants}
    asked = [(item.sample, priced[item.sample.variant]) for item in report.judged if item.sample.variant in priced]
    return sum(costs.warm_request if (sample.seen.invocation or 1) > 1 else costs.cold_start for sample, costs in asked)
