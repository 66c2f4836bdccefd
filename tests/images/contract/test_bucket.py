"""Compares the parts in which a bucket is read, counted by hand, with what the service asks for."""

from __future__ import annotations

import pytest

from contract.bucket import GET_BYTES, PLANS
from contract.precisions import FP32, PRECISIONS
from model.checkpoints import reduced, synthetic
from model.checkpoints.architecture import Architecture
from similarity.bundle import byte_ranges, safetensors_header


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_plan_of_the_usual_model_takes_these_gets(precision: str) -> None:
    header = safetensors_header.parse(safetensors_header.build(synthetic.tensors(Architecture())))
    if precision != FP32:
        header = safetensors_header.parse(reduced.described(header, precision))
    ranges = byte_ranges.in_file_order(byte_ranges.fetch_plan(header))
    gets = byte_ranges.split(ranges, GET_BYTES)
    assert tuple(get.size for get in gets) == PLANS[precision].gets
    assert len(byte_ranges.coalesce(ranges, 0)) <= len(PLANS[precision].stretches)
