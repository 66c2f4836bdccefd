"""The whole program, run against a recording monitor."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from bench.deployments.outputs import parse_outputs
from efs import seeder
from stacks.errors import DeploymentError
from tests.stacks.support import cloudformation
from tests.stacks.support.dry_run import stack_config
from tests.stacks.support.invariants import RULES, violations
from tests.stacks.support.project import ROOT, make_project, write_bundle
from tests.stacks.support.recorder import PROJECT, STACK, UNKNOWN, Graph, run
from tests.stacks.support.scenarios import EVERYTHING, Scenario, combinations


@pytest.mark.parametrize("scenario", combinations(), ids=str)
def test_every_combination_keeps_every_rule(graphs: dict[Scenario, Graph], scenario: Scenario) -> None:
    graph = graphs[scenario]

    assert violations(graph) == []
    assert set(graph.exports["backends"]) == set(scenario.backends)
    in_vpc = {function.name for function in graph.of(":Function") if "vpcConfig" in function.inputs}
    inside = [name for name in scenario.backends if scenario.placement == "all" or name == "efs"]
    prefixes = [f"{name}{model}" for name in inside for model in ["", *(f"-{model}" for model in scenario.models)]]
    must = {f"{prefix}-{part}-function" for prefix in prefixes for part in ("serve", "search")}
    assert in_vpc == must | ({"efs-seeder-function"} if "efs" in scenario.backends else set())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_rule_says_why(rule: Any) -> None:
    assert rule.__doc__


def test_everything_switched_on_keeps_every_rule(everything: Graph, project: Path) -> None:
    assert violations(everything) == []
    assert violations(run(project, EVERYTHING, preview=True)) == []


def test_web_pages_with_signed_requests_and_no_priming_keep_every_rule(project: Path) -> None:
    graph = run(project, {"corsOrigins": ["https://incidentdatabase.ai"], "auth": "iam", "prime": False})

    assert violations(graph) == []
    assert cloudformation.problems(graph) == []


def test_inputs_fit_the_schemas_of_aws(default: Graph, everything: Graph) -> None:
    assert cloudformation.problems(default) == []
    assert cloudformation.problems(everything) == []


def test_the_dev_stack_fits_the_rules(project: Path) -> None:
    """The first stack that somebody makes is not open to everybody, and lets little through."""
    graph = run(project, stack_config(ROOT / "Pulumi.dev.yaml", PROJECT))

    assert violations(graph) == []
    assert graph.exports["authMode"] == "iam"
    assert graph.one(":Stage").inputs["defaultRouteSettings"]["throttlingRateLimit"] <= 10


def test_exports_what_the_lab_prints(default: Graph) -> None:
    exports = default.exports

    assert exports["target"] == "aws"
    assert set(exports) == {
        *("target", "apiUrl", "region", "authMode", "engine", "architecture"),
        *("bundleHash", "bundleBytes", "weights", "origin", "defaultBackend", "backends", "primed"),
    }
    for name, backend in exports["backends"].items():
        mode = {"mode"} if name == "efs" else set()  # it alone has a choice
        assert set(backend) == {"functionName", "searchFunctionName", "logGroup", "storage", "curl"} | mode
        assert backend["functionName"] == f"model-storage-{STACK}-{name}"
        assert backend["searchFunctionName"] == f"model-storage-{STACK}-{name}-search"
        assert backend["logGroup"] == f"/aws/lambda/{backend['functionName']}"
        assert f"{exports['apiUrl']}/{name}/similar?num=3&text=" in backend["curl"]


def test_exports_further_models_in_the_same_shape(everything: Graph) -> None:
    exports = everything.exports
    [(name, model)] = exports["models"].items()

    assert name == "minilm"
    assert set(model) == {"bundleHash", "bundleBytes", "weights", "origin", "backends"}
    assert model["bundleHash"] != exports["bundleHash"]
    for backend, described in model["backends"].items():
        assert set(described) == set(exports["backends"][backend])
        assert described["functionName"] == f"model-storage-{STACK}-minilm-{backend}"
        assert f"{exports['apiUrl']}/minilm/{backend}/similar?num=3&text=" in described["curl"]


def test_an_open_stack_has_a_page(project: Path) -> None:
    graph = run(project, {"auth": "none", "moreModels": ["minilm"]})

    assert violations(graph) == []
    assert cloudformation.problems(graph) == []
    assert graph.exports["pageUrl"] == f"{graph.exports['apiUrl']}/"


def test_the_benchmark_reads_the_outputs(everything: Graph) -> None:
    deployment = parse_outputs(everything.exports)

    assert {backend.function_name for backend in deployment.backends} == {
        f"model-storage-{STACK}-{name}" for name in ("efs", "s3", "oci")
    }


def test_a_preview_knows_what_does_not_depend_on_aws(graphs: dict[Scenario, Graph]) -> None:
    scenario = Scenario(("efs", "s3", "oci"), "iam", "efs-only", "arm64", preview=True)
    exports = graphs[scenario].exports

    assert exports["apiUrl"] == UNKNOWN
    assert exports["backends"]["efs"]["functionName"] == f"model-storage-{STACK}-efs"


def test_the_seeder_takes_the_events(default: Graph) -> None:
    """The event is the contract with images/efs/seeder.py: the real one parses it."""
    for step in ("-seed", "-sweep"):
        job = seeder.parse(json.loads(default.one(":Invocation", step).inputs["input"]))
        assert job.directory == default.exports["bundleHash"]
        assert "manifest.json" in {file.name for file in job.files}


def test_the_seeder_keeps_the_other_models_bundle(everything: Graph) -> None:
    [second] = everything.exports["models"].values()
    jobs = {run.name: seeder.parse(json.loads(run.inputs["input"])) for run in everything.of(":Invocation")}

    assert {name: job.directory for name, job in jobs.items()} == {
        "efs-seed": everything.exports["bundleHash"],
        "efs-minilm-seed": second["bundleHash"],
        "efs-sweep": everything.exports["bundleHash"],
    }
    assert jobs["efs-sweep"].keep == {second["bundleHash"]}
    assert jobs["efs-seed"].keep is jobs["efs-minilm-seed"].keep is None


def test_an_existing_bucket_is_used_and_not_made(project: Path, tmp_path: Path) -> None:
    bare = make_project(tmp_path)
    (bare / "images" / "bundle" / "model.safetensors").unlink()  # it is in the bucket
    config = {"modelBucket": "our-models", "modelPrefix": "shared/longformer", "backends": ["efs", "s3"]}
    graph = run(bare, config)

    assert [resource.name for resource in graph.resources if resource.type.startswith("aws:s3/")] == []
    variables = graph.one(":Function", "s3-serve-function").inputs["environment"]["variables"]
    assert (variables["MODEL_BUCKET"], variables["MODEL_PREFIX"]) == ("our-models", "shared/longformer")
    event = json.loads(graph.one(":Invocation", "-seed").inputs["input"])
    assert (event["bucket"], event["prefix"], event["directory"]) == (
        "our-models",
        "shared/longformer",
        graph.exports["bundleHash"],
    )
    reads = [policy for policy in graph.of(":RolePolicy") if "s3:GetObject" in policy.inputs["policy"]]
    assert {policy.name.partition("-read")[0] for policy in reads} == {"s3-serve", "s3-search", "efs-seeder"}
    assert all("arn:aws:s3:::our-models/shared/longformer/" in policy.inputs["policy"] for policy in reads)


def test_further_models_are_in_an_existing_bucket_under_their_hashes(project: Path) -> None:
    config = {"modelBucket": "our-models", "modelPrefix": "shared/longformer", "moreModels": ["minilm"]}
    graph = run(project, config)

    prefixes = [
        graph.one(":Function", f"{name}-function").inputs["environment"]["variables"]["MODEL_PREFIX"]
        for name in ("s3-serve", "s3-minilm-serve")
    ]
    assert prefixes == ["shared/longformer", graph.exports["models"]["minilm"]["bundleHash"]]


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (lambda bundle: shutil.rmtree(bundle), "there is no model bundle"),
        (lambda bundle: (bundle / "manifest.json").unlink(), "there is no model bundle"),
        (lambda bundle: (bundle / "manifest.json").write_text("{"), "is damaged"),
        (lambda bundle: (bundle / "manifest.json").write_text("[]"), "is damaged"),
        (lambda bundle: _edit(bundle, format=1), "has format 1"),
        (lambda bundle: _edit(bundle, source_hash="0" * 64), "source_hash does not fit"),
        (lambda bundle: (bundle / "config.json").unlink(), "config.json is missing"),
        (lambda bundle: (bundle / "model.safetensors").write_bytes(b"half"), "has 4 bytes, its manifest says"),
        (lambda bundle: write_bundle(bundle, {"model.safetensors": b"no index"}), "lists no incidents.jsonl and no"),
        (lambda bundle: _flip_a_bit(bundle / "config.json"), "config.json is not the file of its manifest"),
        (lambda bundle: _edit(bundle, embedded_by="0" * 64), "embedded by another model"),
        (lambda bundle: _edit(bundle, max_tokens=None), "is damaged"),
    ],
    ids=[
        "no directory",
        "no manifest",
        "torn",
        "list",
        "format",
        "hash",
        "missing file",
        "short file",
        "no index",
        "other bytes",
        "index of another model",
        "no limit of tokens",
    ],
)
def test_a_bad_bundle_stops_the_program_before_anything_is_made(tmp_path: Path, damage: Any, complaint: str) -> None:
    project = make_project(tmp_path)
    damage(project / "images" / "bundle")

    with pytest.raises(DeploymentError, match=r"(?s)" + complaint + r".*`make model`"):
        run(project, {})


@pytest.mark.parametrize(
    ("config", "manifest", "complaint"),
    [
        (
            {"snapStart": ["s3"], "memoryMb": 768, "ephemeralStorageMb": 1024},
            {"layers": 24},
            r"(?s)is 1024, and snapStart names 's3', for which Lambda allows 512: set 512 or 0, or take s3 out of snapS"
            r".*memoryMb is 768, and snapStart names 's3', so the onnx engine needs 1417 MB with the 649 MB of "
            "images/bundle in memory: set that or more, or take s3 out of snapStart",
        ),
        (
            {"snapStart": ["s3"]},
            {"layers": 400},
            "needs 11584 MB with the 10816 MB of images/bundle in memory: Lambda offers 10240; take s3 out of",
        ),
        (
            {"ephemeralStorageMb": 512},
            {"layers": 24},
            "ephemeralStorageMb is 512, and the onnx engine needs 731 MB for",
        ),
        ({}, {"layers": 400}, "the onnx engine needs 12168 MB of /tmp for images/bundle, and Lambda offers 10240"),
    ],
)
def test_too_little_room_stops_the_program(
    tmp_path: Path, config: dict[str, Any], manifest: dict[str, Any], complaint: str
) -> None:
    project = make_project(tmp_path)
    _edit(project / "images" / "bundle", **manifest)

    with pytest.raises(DeploymentError, match=complaint):
        run(project, config)
    assert run(project, {**config, "backends": ["oci"], "defaultBackend": "oci", "snapStart": []}).of(":Function")


def test_bad_settings_stop_the_program_before_anything_is_made(project: Path) -> None:
    with pytest.raises(DeploymentError, match="timeoutSeconds is 31"):
        run(project, {"timeoutSeconds": 31})


def _flip_a_bit(file: Path) -> None:
    data = file.read_bytes()
    file.write_bytes(bytes([data[0] ^ 1]) + data[1:])


def _edit(bundle: Path, **fields: Any) -> None:
    manifest = json.loads((bundle / "manifest.json").read_text())
    (bundle / "manifest.json").write_text(json.dumps({**manifest, **fields}))
