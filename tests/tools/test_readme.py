"""README's figures are those of one run, the lab's beside the prediction."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.cost.prices import read_prices
from bench.process.errors import UsageError
from bench.report.on_aws import interval
from bench.report.report import report_of
from bench.runs.plan import Axes
from bench.runs.store import read_run
from contract.checkout import ROOT
from tests.bench.support.failing import failing, measured
from tools.deploying import expected_costs
from tools.generated import insert
from tools.readme import NAME, block

AXES = Axes(("efs", "s3", "oci"), cold=10, warm=60)
COSTS = expected_costs(read_prices())


def test_each_storage_has_its_figures_of_the_run_and_of_the_prediction(tmp_path: Path) -> None:
    report = report_of(read_run(measured(tmp_path, axes=AXES)))
    made = block(report, COSTS)
    assert report.on_aws is not None
    times = made.partition("\n\n")[0].splitlines()
    rows = {line.split(" | ")[0].removeprefix("| "): line for line in times}
    for item in report.on_aws.times:
        assert interval(item.ms) in rows[item.case.backend]
    assert made.count("(predicted)") == 3
    assert insert((ROOT / "README.md").read_text(), NAME, made).count(made) == 1


def test_a_run_that_is_not_whole_is_refused(tmp_path: Path) -> None:
    for axes, fault in ((Axes(("s3", "oci"), cold=10, warm=60), failing("s3", 0)), (AXES, failing("s3", 10))):
        run = measured(tmp_path / str(len(axes.backends)), fault, axes)
        with pytest.raises(UsageError, match="whole"):
            block(report_of(read_run(run)), COSTS)
