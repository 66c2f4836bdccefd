"""Runs in several precisions are like for like only where the bundle of each of them is the same."""

from __future__ import annotations

import pytest

from bench.deployments.outputs import parse_outputs
from bench.measure.session import must_match
from bench.process.errors import UsageError
from bench.runs.conditions import differences_in_kind
from bench.runs.plan import Axes, function_name, named_in
from bench.runs.records import Session
from bench.runs.store import Run
from contract.precisions import PRECISIONS
from tests.bench.deployments.test_precisions import as_model, as_outputs

BOTH = ("fp32", "int8")


def _session(*precisions: str, reduced: str = "reduced", origin: str = "o", memory_mb: int = 3008) -> Session:
    """A run in these precisions; the bundle in int8 is `reduced`, and of the same origin as the one in fp32."""
    small = as_model(reduced, origin=origin, precision="int8")
    deployment = parse_outputs(as_outputs(origin, small=small)).in_precisions(precisions)
    axes = Axes(("s3",), precisions=precisions)
    functions = {name: {"MemorySize": memory_mb} for name in axes.functions}
    return Session(1, "2026", axes, deployment.recorded(), functions, {})


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_name_of_a_function_tells_backend_and_precision(precision: str) -> None:
    assert named_in(function_name("s3", precision)) == ("s3", precision)


def test_a_run_is_not_resumed_with_another_bundle_in_any_of_its_precisions() -> None:
    before = Run((_session(*BOTH),), (), (), ())
    must_match(before, _session(*BOTH).target)
    changed = _session(*BOTH, reduced="another").target
    with pytest.raises(UsageError, match=r"the model bundle in int8 \(reduced; now another\)"):
        must_match(before, changed)
    must_match(before, changed, renewed=True)


def test_runs_in_several_precisions_are_compared_in_those_that_both_have() -> None:
    both = _session(*BOTH)
    assert differences_in_kind(both, both) == []
    assert differences_in_kind(both, _session("int8")) == differences_in_kind(_session("fp32"), both) == []
    [said] = differences_in_kind(both, _session(*BOTH, reduced="another"))
    assert said == "the model bundle in int8 differs: reduced and another"
    assert differences_in_kind(both, _session("int8", reduced="another")) == [said]
    assert differences_in_kind(both, _session(*BOTH, reduced="another"), ["bundle"]) == []
    assert differences_in_kind(both, _session("int8", memory_mb=512)) == [
        "the memory of s3.int8 differs: 3008 MB and 512 MB"
    ]


def test_a_run_in_fp32_and_one_in_int8_differ_in_the_precision_and_not_in_the_model() -> None:
    exact, reduced = _session("fp32"), _session("int8")
    assert differences_in_kind(exact, reduced) == ["the precision differs: fp32 and int8"]
    assert differences_in_kind(exact, reduced, ["precision"]) == []
    [said] = differences_in_kind(exact, _session("int8", origin="p"), ["precision"])
    assert said == "the model bundle differs: origin o and origin p"
    old = {name: value for name, value in exact.target.items() if name != "origin"}
    [said] = differences_in_kind(Session(1, "2026", exact.axes, old, exact.functions, {}), reduced, ["precision"])
    assert said == "the model bundle differs: exact and reduced"
    [said] = differences_in_kind(exact, _session("int8", memory_mb=512), ["precision"])
    assert said == "the memory of s3 differs: 3008 MB and 512 MB"
