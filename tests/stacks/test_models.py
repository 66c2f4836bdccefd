"""Several models: a fault in one of them is reported for that one, before anything is made."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from bench.deployments.outputs import parse_outputs
from contract.bundle import read
from contract.precisions import reduction
from stacks.errors import DeploymentError
from stacks.models import read_models
from tests.stacks.support.project import make_project
from tests.stacks.support.recorder import run

TWO = {"moreModels": ["minilm"]}


def edit(bundle: Path, **fields: Any) -> None:
    manifest = json.loads((bundle / "manifest.json").read_text())
    (bundle / "manifest.json").write_text(json.dumps({**manifest, **fields}))


def test_a_model_without_a_bundle_is_named_with_its_mend(tmp_path: Path) -> None:
    mend = (
        "there is no model bundle (images/bundle-other/manifest.json: No such file or directory): build it with `make"
    )
    with pytest.raises(DeploymentError, match=re.escape(mend)) as caught:
        run(make_project(tmp_path), {"moreModels": ["minilm", "other"]})
    assert '`make model ARGS="--model … --out images/bundle-other"`' in str(caught.value)


def test_everything_that_is_wrong_with_any_model_is_said_at_once(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    edit(project / "images" / "bundle", format=1)
    (project / "images" / "bundle-minilm" / "manifest.json").write_text("{")

    with pytest.raises(DeploymentError, match=r"(?s)images/bundle/.*has format 1.*images/bundle-minilm/.*is damaged"):
        run(project, TWO)


def test_a_damaged_file_is_of_one_model(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    (project / "images" / "bundle-minilm" / "config.json").unlink()

    with pytest.raises(DeploymentError, match=r"images/bundle-minilm/config\.json is missing: build it with"):
        run(project, TWO)
    assert run(project, {}).exports["backends"]  # that one was not requested


def test_too_little_room_is_said_of_the_model_that_lacks_it(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    edit(project / "images" / "bundle-minilm", layers=400)

    with pytest.raises(DeploymentError) as caught:
        run(project, TWO)
    assert [line.partition(" for ")[2] for line in str(caught.value).splitlines()[1:]] == [
        "images/bundle-minilm, and Lambda offers 10240: take a smaller model, or s3 out of backends"
    ]


def test_one_bundle_under_two_names_is_refused(tmp_path: Path) -> None:
    """They would share objects and directories that belong to one of them."""
    project = make_project(tmp_path)
    shutil.rmtree(project / "images" / "bundle-minilm")
    shutil.copytree(project / "images" / "bundle", project / "images" / "bundle-minilm")

    with pytest.raises(DeploymentError, match="images/bundle-minilm holds the same bundle as images/bundle: build"):
        run(project, TWO)


def test_models_are_named_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(make_project(tmp_path))
    first, second = read_models(["minilm"])

    assert [first.child_of("efs"), first.role("efs"), first.path("efs"), first.path()] == ["efs", "efs", "/efs", ""]
    assert [second.child_of("efs"), second.role("efs")] == ["efs-minilm", "minilm-efs"]
    assert [second.path("efs"), second.path()] == ["/minilm/efs", "/minilm"]


def test_a_second_model_that_is_int8_of_the_first_is_found_by_its_precision(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    images = project / "images"
    shutil.move(images / "bundle-minilm", images / "bundle-int8")
    origin = reduction(read((images / "bundle" / "manifest.json").read_bytes())).origin
    agreement = {"items": 2, "top_1": 1.0, "top_3": 1.0, "cosine_median": 0.999, "cosine_p1": 0.99}
    edit(images / "bundle-int8", precision="int8", origin=origin, agreement=agreement)

    deployment = parse_outputs(run(project, {"moreModels": ["int8"]}).exports)
    assert deployment.precisions == ("fp32", "int8")
    both = deployment.in_precisions(deployment.precisions)
    assert [(each.name, each.route) for each in both.backends if each.name.startswith("s3")] == [
        ("s3", "/s3/similar"),
        ("s3.int8", "/int8/s3/similar"),
    ]
    exact, reduced = both.backend("s3"), both.backend("s3.int8")
    assert exact.function_name != reduced.function_name
    assert exact.bundle_hash != reduced.bundle_hash
    assert (exact.agreement, reduced.agreement) == (None, agreement)
