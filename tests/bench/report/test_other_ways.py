"""The table of other ways: the same dollars as everywhere, what is known of waiting, and what is left out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bench.cost.alternatives import ALTERNATIVES
from bench.report.other_cold_starts import OtherColdStarts
from bench.report.other_ways import MEASURED, NOT_KNOWN, PUBLISHED, Known, other_ways_table
from bench.report.other_ways import other_ways as other_ways_of
from bench.report.report import Report, report_of
from bench.report.tables import other_ways
from bench.runs.plan import Axes
from bench.runs.store import RESULTS, read_run
from bench.text.numbers import money, ms
from contract.run_modes import SNAPSTART, label
from published.read import figure
from tests.bench.support.failing import command, measured


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return measured(tmp_path_factory.mktemp("run"), axes=Axes(("efs", "oci"), cold=4, warm=12))


@pytest.fixture(scope="module")
def report(run: Path) -> Report:
    return report_of(read_run(run))


def rows(report: Report) -> dict[str, list[str]]:
    table = other_ways(report)
    assert table
    return {name: list(cells) for name, *cells in table.rows}


def test_every_way_has_a_row_for_every_storage_or_is_left_out_by_name(report: Report) -> None:
    table = other_ways(report)
    assert table
    left_out = "snapshot (SnapStart)"
    wanted = {f"{name} · {way.name}" for name in ("efs", "oci") for way in ALTERNATIVES} - {f"efs · {left_out}"}
    assert set(rows(report)) == wanted
    assert table.note.endswith(f"Left out: {left_out} for efs: SnapStart does not mount file systems.")


def test_on_demand_costs_what_the_table_of_months_says(report: Report) -> None:
    assert report.costs
    for item in report.costs.variants:
        shown = rows(report)[f"{item.variant.backend} · on demand"]
        assert shown[:3] == [money(month.usd) for month in item.months]
        ready = rows(report)[f"{item.variant.backend} · provisioned concurrency"]
        assert ready[:3] == [money(month.usd) for month in item.ready_months if month]


def test_what_is_known_of_waiting_is_marked_and_nothing_else_is_said(report: Report) -> None:
    oci = next(item for item in report.variants if item.variant.backend == "oci")
    cold, warm = ms(oci.cold.p50_ms), ms(oci.warm.p50_ms)
    shown = {way.name: rows(report)[f"oci · {way.name}"][-1] for way in ALTERNATIVES}
    both, restored = f"{cold} cold, {warm} warm ({MEASURED})", figure("restore-torch")
    assert shown.pop("on demand") == shown.pop("warm-up pings") == both
    assert shown.pop("snapshot (SnapStart)") == f"{restored.value} restore ({PUBLISHED}), {warm} warm ({MEASURED})"
    assert set(shown.values()) == {NOT_KNOWN}
    table = other_ways(report)
    assert table
    assert restored.source in table.note
    assert restored.date in table.note
    assert "those that were measured here are of the lab, not of AWS" in table.note


def test_what_was_kept_ready_is_measured_where_it_was_asked_and_of_no_other_function(report: Report) -> None:
    assert report.costs
    oci = next(item for item in report.variants if item.variant.backend == "oci")
    priced = next(item.costs for item in report.costs.variants if item.variant == oci.variant)
    asked = (report.costs.traffics, report.costs.rates.keep_alive)

    def said(kind: str, backend: str, arm: str) -> str:
        variant = replace(oci.variant, backend=backend, arm=arm)
        row = OtherColdStarts(variant, kind, 2, 0.0, 8, 8, 0, 0, 71.4, None, 80.0, None)
        table = other_ways_table([other_ways_of("oci", False, priced, Known(oci, (row,)), *asked)])
        assert table
        return str(next(cells[-1] for cells in table.rows if cells[0] == "oci · provisioned concurrency"))

    assert said("provisioned", "oci", "invoke") == f"{ms(71.4)} kept ready, invoked directly ({MEASURED})"
    for kind, backend, arm in (("provisioned", "efs", "invoke"), ("scale-out", "oci", "invoke")):
        assert said(kind, backend, arm) == NOT_KNOWN


def test_choose_and_the_summary_have_it_for_ones_traffic(run: Path) -> None:
    _, printed = command("choose", run, "--traffic", "40/h", "--objective", 1000, "--json")
    chosen = {item["name"]: item["ways"] for item in json.loads(printed)["other_ways"]}
    _, printed = command("report", run, "--traffic", "40/h", "--json")
    summary = json.loads(printed)
    assert {item["name"]: item["ways"] for item in summary["other_ways"]} == chosen
    for item in summary["costs"]["variants"]:
        on_demand, *others = chosen[item["backend"]]
        assert on_demand["usd_month"] == {"40/h": item["months"]["40/h"]["usd_month"]}
        assert [each["way"] for each in others] == [way.name for way in ALTERNATIVES[1:]]
    (left_out,) = (way for way in chosen["efs"] if way["missing"])
    assert (left_out["usd_month"], left_out["waits"]) == ({}, [])
    _, page = command("choose", run, "--traffic", "40/h", "--objective", 1000)
    assert page.count(" · warm-up pings") == 2
    command("report", run)
    assert "Other ways to answer the same requests" in (run / "report.html").read_text()
    assert "## Other ways to answer the same requests" in (run / "report.md").read_text()


def test_a_function_that_did_not_run_on_demand_has_no_other_ways(report: Report) -> None:
    assert report.costs
    oci = next(item for item in report.variants if item.variant.backend == "oci")
    priced = next(item.costs for item in report.costs.variants if item.variant == oci.variant)
    asked = (report.costs.traffics, report.costs.rates.keep_alive)
    assert other_ways_of("oci", True, priced, Known(oci, ()), *asked).ways
    restored = replace(oci, variant=replace(oci.variant, backend=label("oci", SNAPSTART)))
    assert other_ways_of("oci+snapstart", True, priced, Known(restored, ()), *asked).ways == ()


def test_a_run_of_before_these_prices_has_the_rows_that_need_none(run: Path, tmp_path: Path) -> None:
    header, *records = (run / RESULTS).read_text().splitlines()
    session = json.loads(header)
    session["prices"]["usd"] = {
        name: usd
        for name, usd in session["prices"]["usd"].items()
        if name.startswith(
            ("lambda_gb", "lambda_request", "lambda_eph", "http", "s3", "efs", "ecr", "logs", "interface")
        )
    }
    (tmp_path / RESULTS).write_text("\n".join([json.dumps(session), *records]) + "\n")
    older = report_of(read_run(tmp_path))
    assert {name.partition(" · ")[2] for name in rows(older)} == {"on demand", "warm-up pings"}
    table = other_ways(older)
    assert table
    assert "Lambda Managed Instances for efs, oci: no price of ec2_large_hour_" in table.note
