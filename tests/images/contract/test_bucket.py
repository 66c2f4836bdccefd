"""Compares the parts in which a bucket is read, counted by hand, with what the service asks for."""

from __future__ import annotations

from contract.bucket import GET_BYTES, PLAN
from model.checkpoints import synthetic
from model.checkpoints.architecture import Architecture
from similarity.bundle import byte_ranges, safetensors_header


def test_the_plan_of_the_usual_model_takes_these_gets() -> None:
    header = safetensors_header.parse(safetensors_header.build(synthetic.tensors(Architecture())))
    plan = byte_ranges.fetch_plan(header)
    gets = byte_ranges.split(byte_ranges.in_file_order(plan), GET_BYTES)
    assert tuple(get.size for get in gets) == PLAN
