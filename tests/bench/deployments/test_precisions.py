"""Tests how the functions of a precision are found in a deployment's outputs."""

from __future__ import annotations

from typing import Any

import pytest

from bench.deployments.outputs import parse_outputs
from bench.process.errors import UsageError
from contract import outputs
from contract.precisions import Agreement


def _model(digest: str, **said: Any) -> dict[str, Any]:
    on_s3 = outputs.backend(
        function_name=f"f-{digest}", search_function_name="s", log_group="g", storage="a bucket", curl="curl"
    )
    return outputs.model(bundle_hash=digest, bundle_bytes=len(digest), weights="hub", backends={"s3": on_s3}, **said)


def _outputs(**models: dict[str, Any]) -> dict[str, Any]:
    common = {"target": "lab", "apiUrl": "http://127.0.0.1:1", "region": "r", "authMode": "NONE"}
    return {**common, "architecture": "x86_64", **_model("exact", origin="o"), "models": models}


def test_a_precision_is_found_among_the_models_of_the_same_origin() -> None:
    agreement = Agreement(10, 1.0, 1.0, 1.0, 1.0)
    other = _model("stranger", origin="p", precision="int8")
    mine = _model("reduced", origin="o", precision="int8", agreement=agreement)
    found = parse_outputs(_outputs(other=other, small=mine)).in_precisions(("fp32", "int8"))
    assert [(each.name, each.route, each.bundle_hash) for each in found.backends] == [
        ("s3", "/s3/similar", "exact"),
        ("s3.int8", "/small/s3/similar", "reduced"),
    ]
    assert found.backends[1].agreement == agreement._asdict()
    assert (found.bundle_hash, found.bundle_bytes) == ("exact", 5)


def test_fp32_alone_is_recorded_as_before() -> None:
    deployment = parse_outputs(_outputs())
    assert deployment.in_precisions(("fp32",)) is deployment


def test_a_precision_that_is_not_deployed_is_refused_by_name_with_what_to_do() -> None:
    with pytest.raises(UsageError, match=r"int8 is not deployed.*has fp32.*--precision fp32.*model build"):
        parse_outputs(_outputs(other=_model("x", origin="p", precision="int8"))).in_precisions(("int8",))
