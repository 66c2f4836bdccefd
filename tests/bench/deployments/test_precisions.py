"""Tests how the functions of a precision are found in a deployment's outputs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.deployments.outputs import parse_outputs, read_outputs
from bench.measure.loading import variant_of
from bench.process.errors import UsageError
from bench.runs.load_plan import PLAN, read_plan
from contract import outputs
from contract.precisions import Agreement
from tests.bench.support.command import bench


def as_model(digest: str, **said: Any) -> dict[str, Any]:
    """The outputs of a model on S3."""
    on_s3 = outputs.backend(
        function_name=f"f-{digest}", search_function_name="s", log_group="g", storage="a bucket", curl="curl"
    )
    return outputs.model(bundle_hash=digest, bundle_bytes=len(digest), weights="hub", backends={"s3": on_s3}, **said)


def as_outputs(origin: str = "o", **models: dict[str, Any]) -> dict[str, Any]:
    """The outputs of a deployment whose first model is in fp32."""
    common = {"target": "lab", "apiUrl": "http://127.0.0.1:1", "region": "r", "authMode": "NONE"}
    return {**common, "architecture": "x86_64", **as_model("exact", origin=origin), "models": models}


def test_a_precision_is_found_among_the_models_of_the_same_origin() -> None:
    agreement = Agreement(10, 1.0, 1.0, 1.0, 1.0)
    other = as_model("stranger", origin="p", precision="int8")
    mine = as_model("reduced", origin="o", precision="int8", agreement=agreement)
    found = parse_outputs(as_outputs(other=other, small=mine)).in_precisions(("fp32", "int8"))
    assert [(each.name, each.route, each.bundle_hash) for each in found.backends] == [
        ("s3", "/s3/similar", "exact"),
        ("s3.int8", "/small/s3/similar", "reduced"),
    ]
    assert found.backends[1].agreement == agreement._asdict()
    assert (found.bundle_hash, found.bundle_bytes) == ("exact", 5)


def test_fp32_alone_is_recorded_as_before() -> None:
    deployment = parse_outputs(as_outputs())
    assert deployment.in_precisions(("fp32",)) is deployment


def test_a_precision_that_is_not_deployed_is_refused_by_name_with_what_to_do() -> None:
    with pytest.raises(UsageError, match=r"int8 is not deployed.*has fp32.*--precision fp32.*model build"):
        parse_outputs(as_outputs(other=as_model("x", origin="p", precision="int8"))).in_precisions(("int8",))


def test_the_precisions_of_the_first_model_are_known_and_each_function_knows_its_bundle() -> None:
    small = as_model("reduced", origin="o", precision="int8")
    deployment = parse_outputs(as_outputs(other=as_model("x", origin="p", precision="fp16"), small=small))
    assert deployment.precisions == ("fp32", "int8")
    assert [each.bundle_hash for each in deployment.in_precisions(deployment.precisions).backends] == [
        "exact",
        "reduced",
    ]


def test_a_load_names_the_function_of_each_precision_and_refuses_one_that_is_not_deployed(tmp_path: Path) -> None:
    file = tmp_path / "outputs.json"
    agreement = Agreement(10, 0.9, 0.9, 1.0, 0.99)
    small = as_model("reduced", origin="o", precision="int8", agreement=agreement)
    file.write_text(json.dumps(as_outputs(small=small)))
    asked = ("load", "--outputs", file, "--backends", "s3", "--plan-only", "--precision")
    done = bench(*asked, "fp32,int8", "--out", tmp_path / "load")
    assert done.returncode == 0, done.stderr
    plan = read_plan(tmp_path / "load" / PLAN)
    assert (
        plan.header.backends == tuple(dict.fromkeys(each.step.backend for each in plan.stretches)) == ("s3", "s3.int8")
    )
    assert [note for note in plan.header.notes if note.startswith("int8: Over 10 items")]
    deployment = read_outputs(file).in_precisions(plan.header.precisions)
    variant = variant_of(deployment, "s3.int8", has_bodies=False)
    assert (variant.backend, variant.precision) == ("s3", "int8")
    assert deployment.backend(variant.function).route == "/small/s3/similar"
    refused = bench(*asked, "fp16", "--out", tmp_path / "no")
    assert (refused.returncode, "fp16 is not deployed" in refused.stderr) == (2, True)
