"""Write the figures of README.md from a run in the lab: `python -m tools.readme DIR`.

The lab's figures and the prediction stand side by side, both of the same run; the costs are those of tools.deploying.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.cost.model import Costs
from bench.cost.prices import read_prices
from bench.process.errors import BenchError, UsageError
from bench.report.formats import median_with_interval
from bench.report.measured import Measured
from bench.report.on_aws import interval, orders, rests_on
from bench.report.prediction import PredictedRun
from bench.report.report import Report, report_of
from bench.runs.cold_starts.first_deploy import FirstDeploy
from bench.runs.cold_starts.kind import WARM
from bench.runs.cold_starts.new_sandbox import NewSandbox
from bench.runs.store import read_run
from bench.text.numbers import megabytes, money, ms, percent
from contract.checkout import ROOT
from contract.storages import USUAL_NAMES
from tools.deploying import expected_costs
from tools.generated import insert, table, write

PAGE = ROOT / "README.md"
NAME = "figures"  # of the markers
_TIMES = (
    "milliseconds", "cold, in the lab", "cold, on AWS (predicted)", "after a deployment, on AWS (predicted)",
    "warm, in the lab", "warm, on AWS (predicted)",
)  # fmt: skip
_OTHERS = (
    "storage", "answered", "read before the answer", "peak memory", "1,000 cold starts", "idle month"
)  # fmt: skip


def block(report: Report, costs: dict[str, Costs]) -> str:
    """Return the text between the markers. Raises UsageError for a run that is not one of all storages in the lab."""
    prediction = report.on_aws
    if report.untrusted or prediction is None or len(report.variants) != len(USUAL_NAMES):
        raise UsageError("README's figures come from a whole `make bench`: one engine, all storages, in the lab")
    measured = {item.variant.backend: item for item in report.variants}
    parts = (
        table(_TIMES, [_times(measured[name], prediction) for name in USUAL_NAMES]),
        "\n".join(f"- {line}" for line in _sentences(report, prediction)),
        table(_OTHERS, [_others(measured[name], costs[name]) for name in USUAL_NAMES]),
    )
    return "\n\n".join(parts)


def _times(found: Measured, prediction: PredictedRun) -> tuple[str, ...]:
    name = found.variant.backend
    predicted = {item.kind: interval(item.ms) for item in prediction.times if item.case.backend == name}
    return (
        name, median_with_interval(found.cold), predicted[NewSandbox.name], predicted[FirstDeploy.name],
        median_with_interval(found.warm), predicted[WARM],
    )  # fmt: skip


def _others(found: Measured, cost: Costs) -> tuple[str, ...]:
    shares = {percent(latency.counts.answered_share) for latency in found.states.values()}
    return (
        found.variant.backend, ", ".join(sorted(shares)), f"{megabytes(found.fetched_bytes)} MB",
        f"{ms(found.max_memory_mb)} MB", money(1000 * cost.cold_start), money(cost.idle_month),
    )  # fmt: skip


def _sentences(report: Report, prediction: PredictedRun) -> Iterator[str]:
    resolved = [item.verdict.sentence for item in report.comparisons if item.state == "cold" and item.verdict.resolved]
    yield f"Cold, in the lab: {' '.join(resolved) or 'no difference was resolved.'}"
    yield from orders(prediction)
    yield rests_on(prediction.basis)


def main() -> int:
    """Put the figures into the page; return 1, with a message, if the run or the page has no place for them."""
    parser = argparse.ArgumentParser(description="Write the figures of README.md from a run in the lab.")
    parser.add_argument("directory", type=Path, metavar="DIR", help="the folder of a `make bench`")
    try:
        report = report_of(read_run(parser.parse_args().directory))
        write(PAGE, insert(PAGE.read_text(), NAME, block(report, expected_costs(read_prices()))))
    except (BenchError, OSError, ValueError) as error:
        print(f"{PAGE}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
