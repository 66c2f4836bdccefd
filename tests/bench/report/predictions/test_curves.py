"""Curves over sizes keep to what must hold for any Lambda, and the cheapest is the cheapest of those that meet."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from pathlib import Path

import pytest

from bench.charts.curves import Limit, curves
from bench.charts.svg import Series
from bench.cost.model import Assumptions, Billed, Usage, idle_month_usd, request_usd
from bench.cost.prices import read_prices
from bench.report.grounds import Evidence
from bench.report.predicting import COLD_KINDS, Wanted, predicted_run
from bench.report.prediction import PredictedTime
from bench.report.predictions.curves import MEMORIES, SIZES, ByMemory, Curves, curves_of
from bench.report.predictions.figures import figures
from bench.report.predictions.tables import cheapest, over_memories, over_sizes, passed
from bench.report.report import report_of
from bench.report.views.prediction import Shown
from bench.runs.plan import Axes, Variant
from bench.runs.store import read_run
from tests.bench.support.failing import measured

BACKENDS = ("efs", "s3", "oci")
PRICES = read_prices()


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Curves:
    report = report_of(read_run(measured(tmp_path_factory.mktemp("run"), axes=Axes(BACKENDS, cold=5, warm=10))))
    (only,) = curves_of(report.evidence, Wanted(), PRICES)
    return only


def test_more_bytes_are_never_faster_and_pass_limits_never_less_often(found: Curves) -> None:
    for kind, backend in itertools.product(COLD_KINDS, BACKENDS):
        items = [item for item in found.by_size if (item.kind, item.backend) == (kind, backend)]
        assert [item.bytes_read for item in items] == list(SIZES)
        for a, b in itertools.pairwise(items):
            assert a.ms.low <= b.ms.low
            assert a.ms.median <= b.ms.median
            assert a.ms.high <= b.ms.high
            assert a.init_over <= b.init_over
            assert a.given_up <= b.given_up


@pytest.mark.parametrize("target", ["lab", "aws"])
def test_a_curve_goes_through_the_prediction_of_the_same_run(tmp_path: Path, target: str) -> None:
    run = measured(tmp_path, axes=Axes(BACKENDS, cold=5, warm=10), target=target)
    evidence = report_of(read_run(run)).evidence
    (only,) = curves_of(evidence, Wanted(), PRICES)
    by_case = {(item.case.backend, item.case.memory_mb): item.ms for item in _cold(evidence)}
    assert all(item.cold_ms == by_case[item.backend, item.memory_mb] for item in only.by_memory)


def _cold(evidence: Evidence) -> list[PredictedTime]:
    return [item for item in predicted_run(evidence, Wanted(memories=MEMORIES)).times if item.kind == "new-sandbox"]


def test_more_memory_is_never_slower(found: Curves) -> None:
    for backend in BACKENDS:
        items = [item for item in found.by_memory if item.backend == backend]
        assert [item.memory_mb for item in items] == list(MEMORIES)
        for a, b in itertools.pairwise(items):
            assert a.cold_ms.median >= b.cold_ms.median
            assert a.warm_ms.median >= b.warm_ms.median


def test_costs_lie_around_those_of_the_cost_model_for_the_predicted_times(found: Curves) -> None:
    for item in found.by_memory:
        usage = Usage(item.backend, "x86_64", item.memory_mb)
        cold = request_usd(usage, Billed(item.cold_ms.median, 340e6), PRICES, Assumptions())
        warm = request_usd(usage, Billed(item.warm_ms.median), PRICES, Assumptions())
        idle = idle_month_usd(usage, PRICES, Assumptions())
        requests = 60 * 40 * 730 / 168  # an hour, in 40 of a week's 168
        # 0.4 to 0.7 % start cold; the caller's time is a little more than is billed
        below, above = (idle + requests * (share * cold + (1 - share) * warm) for share in (0.002, 0.009))
        assert idle + 0.4 * (below - idle) < item.month_usd.median < above


def test_the_cheapest_meets_the_objective_and_nothing_cheaper_does(found: Curves) -> None:
    for objective in (100.0, 800.0, 1500.0, 3000.0, 60_000.0):
        meeting = [item for item in found.by_memory if item.cold_ms.high <= objective]
        best = found.cheapest(objective)
        assert (best is None) == (not meeting)
        if best:
            assert best in meeting
            assert all(best.month_usd.median <= item.month_usd.median for item in meeting)
            assert f"{best.backend} with {best.memory_mb:,} MB" in cheapest(found, objective)
        column = [row[-1] for row in over_memories(found, objective).rows]
        assert column.count("yes") == len(meeting)
        assert all(_expected(item, objective) == said for item, said in zip(found.by_memory, column, strict=True))
    assert cheapest(found, 1.0) == "No storage and memory size probably answers a cold start within 1 ms."


def _expected(item: ByMemory, objective: float) -> str:
    return "yes" if item.cold_ms.high <= objective else "no" if item.cold_ms.low > objective else "perhaps"


def test_tables_and_sentences_name_each_storage_kind_and_size(found: Curves) -> None:
    for kind in COLD_KINDS:
        table = over_sizes(found, kind)
        assert table.header == ("MB read", *BACKENDS)
        assert [row[0] for row in table.rows] == [f"{size / 1e6:,.0f}" for size in SIZES]
    said = list(passed(found))
    assert [re.match(r"(\w+), ([\w-]+): ", line).groups() for line in said] == [  # type: ignore[union-attr]
        (backend, kind) for kind in COLD_KINDS for backend in BACKENDS
    ]
    first = next(line for line in said if line.startswith("oci, first-deploy"))
    assert "INIT is over 10 s from" in first


def test_figures_draw_bands_and_the_limits_that_lie_within(found: Curves) -> None:
    drawn = {figure.title: figure for figure in figures(found)}
    assert len(drawn) == 5
    sizes = next(figure for title, figure in drawn.items() if "first-deploy" in title)
    wide = sizes.svg.partition("</svg>")[0]
    assert wide.count('class="band') == len(BACKENDS)
    assert wide.count('class="limit"') == 4  # INIT, the API, the memory, image and /tmp
    assert "limit 1, when INIT ends" in wide


def test_each_precision_has_its_own_curves_tables_and_figures(tmp_path: Path) -> None:
    evidence = report_of(
        read_run(measured(tmp_path, axes=Axes(("s3", "oci"), memories=(3008,), cold=5, warm=9)))
    ).evidence
    quarter = [
        replace(item, variant=_in_int8(item.variant), fetched_bytes=(item.fetched_bytes or 0) / 4)
        for item in evidence.variants
    ]
    again = [
        replace(item, sample=replace(item.sample, variant=_in_int8(item.sample.variant))) for item in evidence.judged
    ]
    both = replace(evidence, variants=[*evidence.variants, *quarter], judged=[*evidence.judged, *again])
    exact, reduced = curves_of(both, Wanted(), PRICES)
    assert (exact.precision, reduced.precision) == ("fp32", "int8")
    assert (exact,) == curves_of(evidence, Wanted(), PRICES)
    for a, b in zip(exact.by_memory, reduced.by_memory, strict=True):
        assert (a.backend, a.memory_mb) == (b.backend, b.memory_mb)
        assert b.cold_ms.median < a.cold_ms.median  # the same work, fewer bytes
    shown = Shown(predicted_run(both, Wanted()), (exact, reduced), 5000.0, ())
    names = [figure.title for figure in shown.figures], [table.title for table in shown.tables]
    for titles, how_many in zip(names, (5, 3), strict=True):
        assert len(set(titles)) == len(titles)
        assert sum("in int8" in title for title in titles) == how_many
    assert sum("5000 ms in int8" in sentence for sentence in shown.sentences) == 1
    assert sum(", new-sandbox in int8: INIT" in sentence for sentence in shown.limits) == 2


def _in_int8(variant: Variant) -> Variant:
    return replace(variant, precision="int8")


def test_a_limit_beyond_the_axes_is_named_and_not_drawn() -> None:
    limits = [Limit("low", 1.0, across=False), Limit("in", 15.0, across=False), Limit("far", 1e9, across=True)]
    chart = curves([(Series("a", 0, 0), [(1, 10.0), (2, 20.0)])], 720, "x", str, str, limits=limits)
    assert chart.body.count('class="limit"') == 2  # the y-axis begins at zero
    assert "limit 3, far" in chart.description


def test_a_storage_without_published_figures_has_no_curves(tmp_path: Path) -> None:
    report = report_of(read_run(measured(tmp_path, axes=Axes(("s3", "s3files"), cold=5, warm=10))))
    (curves,) = curves_of(report.evidence, Wanted(), PRICES)
    assert {item.backend for item in (*curves.by_size, *curves.by_memory)} == {"s3"}
    assert report.on_aws is not None
    assert {item.case.backend for item in report.on_aws.times} == {"s3"}
