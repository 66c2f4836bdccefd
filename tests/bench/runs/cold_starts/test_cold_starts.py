"""Tests what all kinds of cold start share, and that an unknown kind is refused."""

from __future__ import annotations

import argparse
import json
from dataclasses import fields, replace

import pytest

from bench.runs.cold_starts import COLD_STARTS, ColdStartAxes, cold_start
from bench.runs.cold_starts.axes import CommonAxes
from bench.runs.cold_starts.kind import PRIMER, WARM, ColdStart
from bench.runs.plan import Axes, Variant, Visit, build_plan
from bench.runs.records import Observation, Sample, from_line, to_json

ALL = Axes(
    ("s3", "s3+snapstart"),
    arms=("http", "invoke"),
    cold=2,
    warm=3,
    bursts=(1, 8),
    idle_s=(600.0, 1200.0),
    first_deploy=2,
)
READY = Axes(("s3",), arms=("invoke",), cold=2, warm=3, provisioned=3)
PLANNED = [visit for visit in build_plan(ALL) if visit.variant.arm == "http"]
PLANNED += [visit for visit in build_plan(READY) if visit.cold_start.kept_ready]
SAMPLE = Sample(
    "r001.v.0", "r001.v", 1, 1, 0, False, Variant("s3", "onnx"), "burst", "scale-out", "2026", 1.0, "n", 30_000.0,
    Observation(1.0, 20.0, 200),
)  # fmt: skip


class Heard:
    """Takes down what a visit asks for."""

    def __init__(self) -> None:
        self.states: list[str] = []
        self.slept = 0.0

    def one(self, state: str) -> None:
        self.states.append(state)

    def at_once(self, state: str, count: int) -> None:
        self.states += [state] * count

    def sleep(self, seconds: float) -> None:
        self.slept += seconds


def asked(of: ColdStart[ColdStartAxes]) -> Heard:
    heard = Heard()
    of.ask(heard)
    return heard


def test_every_kind_is_planned_and_has_a_name_of_its_own() -> None:
    assert {type(visit.cold_start) for visit in PLANNED} == set(COLD_STARTS)
    assert len({kind.name for kind in COLD_STARTS}) == len(COLD_STARTS)
    assert [cold_start(kind.name) for kind in COLD_STARTS] == list(COLD_STARTS)


@pytest.mark.parametrize("visit", PLANNED, ids=lambda visit: visit.id)
def test_a_visit_asks_for_as_many_requests_as_it_says(visit: Visit) -> None:
    heard = asked(visit.cold_start)
    assert len(heard.states) == visit.requests
    assert heard.states.count(WARM) == visit.cold_start.warms
    assert visit.cold_start.seconds(5.0, 0.1) >= heard.slept + 5.0
    assert PRIMER not in heard.states[1:]


def test_only_kinds_that_need_no_gateway_are_measured_by_direct_invokes() -> None:
    names = {visit.cold_start.name for visit in build_plan(ALL) if visit.variant.arm == "invoke"}
    assert names == {"new-sandbox", "first-deploy", "restore"}


def test_restores_are_made_of_the_variants_with_snapshots_and_nothing_else_is() -> None:
    modes = {(visit.variant.mode.name, visit.cold_start.name == "restore") for visit in PLANNED}
    assert modes == {("on-demand", False), ("snapstart", True)}
    assert all(visit.cold_start.snapshots == visit.variant.mode.restores for visit in PLANNED)


def test_an_unknown_mode_is_refused_whoever_names_it() -> None:
    for label in ("s3+warm", "s3+on-demand", "s3+"):
        with pytest.raises(ValueError, match="there is no mode"):
            Variant(label, "onnx")


def test_each_axis_of_a_kind_has_an_option_and_leaves_the_kind_out_by_default() -> None:
    parser = argparse.ArgumentParser()
    for kind in COLD_STARTS:
        kind.add_option(parser)
    given = vars(parser.parse_args([]))
    of_kinds = {field.name for field in fields(ColdStartAxes)} - {field.name for field in fields(CommonAxes)}
    assert set(given) == of_kinds
    assert {visit.cold_start.name for visit in build_plan(Axes(("s3",), **given))} == {"new-sandbox"}


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="known are new-sandbox, restore, scale-out, provisioned, idle, first-deploy"):
        cold_start("lukewarm")


@pytest.mark.parametrize(
    "change", [{"cold_kind": "lukewarm"}, {"cold_kind": None}, {"state": "warm"}, {"state": "primer"}]
)
def test_a_sample_of_no_known_kind_is_not_read(change: dict[str, str | None]) -> None:
    assert from_line(json.dumps(to_json(SAMPLE)).encode()) == SAMPLE
    with pytest.raises(ValueError, match="cold_kind: "):
        from_line(json.dumps(to_json(replace(SAMPLE, **change))).encode())
