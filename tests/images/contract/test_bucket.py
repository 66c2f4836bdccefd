"""Compares the parts in which a bucket is read, counted by hand, with what the service asks for."""

from __future__ import annotations

from contract.bucket import GET_BYTES, PLAN_BYTES, PLAN_GETS
from model.checkpoints import synthetic
from model.checkpoints.architecture import Architecture
from similarity.bundle import byte_ranges, safetensors_header


def test_the_plan_of_the_usual_model_takes_this_many_gets_of_this_many_bytes() -> None:
    header = safetensors_header.parse(safetensors_header.build(synthetic.tensors(Architecture())))
    plan = byte_ranges.fetch_plan(header)
    assert sum(part.size for part in plan) == PLAN_BYTES
    assert len(byte_ranges.split(plan, GET_BYTES)) == PLAN_GETS
