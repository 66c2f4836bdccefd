"""A new bundle, or only a new index: what is made, what is updated, and what stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stacks.bundle import Bundle
from stacks.errors import DeploymentError
from tests.stacks.support.project import change_bundle, make_project, write_manifest
from tests.stacks.support.recorder import Graph, run

CONFIG = {"moreModels": ["minilm"]}
MIB = 1 << 20


def new_names(before: Graph, after: Graph) -> set[str]:
    return {resource.urn.rsplit("::")[-1] for resource in after.resources if resource.urn not in before.by_urn()}


def updated(before: Graph, after: Graph) -> Iterator[tuple[str, str]]:
    """Yield resource and input, for every input that an update of `before` to `after` changes."""
    for old in before.resources:
        if new := after.by_urn().get(old.urn):
            for key in old.inputs.keys() | new.inputs.keys():
                if old.inputs.get(key) != new.inputs.get(key):
                    yield old.name, key


def test_a_new_bundle_appears_whole_beside_the_old_one(tmp_path: Path) -> None:
    """Until a function uses the new bundle it must be able to read the old one, in S3 as on EFS.

    Resources named after the hash are made first and removed at the end of a deployment; others are updated in place.
    """
    before = run(make_project(tmp_path / "a"), CONFIG)
    changed = make_project(tmp_path / "b")
    change_bundle(changed / "images" / "bundle", config=b"another")
    after = run(changed, CONFIG)

    digest = after.exports["bundleHash"][:8]
    assert before.exports["bundleHash"] != after.exports["bundleHash"]
    objects = {f"model-{digest}-{file}" for file in Bundle.read(changed / "images" / "bundle").files}
    grants = {f"s3-serve-read-{digest}", f"efs-seeder-read-{digest}", f"s3-search-read-index-{digest}"}
    assert new_names(before, after) == objects | grants


def test_a_new_index_needs_no_new_image_but_where_it_is_in_the_image(tmp_path: Path) -> None:
    """On EFS and in S3 it is an upload and a setting of two functions; the other model keeps all it has."""
    before = run(make_project(tmp_path / "a"), CONFIG)
    changed = make_project(tmp_path / "b")
    change_bundle(changed / "images" / "bundle", incidents=b"another")
    after = run(changed, CONFIG)

    found = set(updated(before, after))
    baked = {(name, key) for name, key in found if name.startswith("oci-")}
    functions = {(f"{name}-{part}-function", "environment") for name in ("efs", "s3") for part in ("serve", "search")}
    seeds = {(f"efs-{step}", key) for step in ("seed", "sweep") for key in ("input", "triggers")}
    assert found - baked == functions | seeds
    assert {name for name, _ in baked} == {
        *("oci-image-image", "oci-serve-function", "oci-search-function"),
        *("oci-minilm-image-image", "oci-minilm-serve-function", "oci-minilm-search-function"),  # of one build context
    }


def test_nothing_changes_where_nothing_changed(tmp_path: Path) -> None:
    before, after = (run(make_project(tmp_path / name), CONFIG) for name in "ab")

    assert list(updated(before, after)) == []
    assert new_names(before, after) == set()


def test_a_second_model_leaves_everything_of_the_first_in_its_place(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    alone, beside = run(project, {}), run(project, CONFIG)

    assert alone.by_urn().keys() <= beside.by_urn().keys()
    assert set(updated(alone, beside)) == {
        *(("efs-sweep", "input"), ("efs-sweep", "triggers")),  # which keeps the new model's bundle
        *((f"{name}-image-pull", "policy") for name in ("efs", "s3")),  # for the new model's functions, too
    }


def test_what_holds_data_keeps_its_name(default: Graph) -> None:
    """A resource of another name or parent is another resource: an update would delete what is in it."""
    kinds = (":FileSystem", ":AccessPoint", ":Bucket", ":Api", ":Vpc", "awsx:ecr:Repository", ":Function")
    held = {r.urn.split("::", 2)[2] for kind in kinds for r in default.of(kind) if "search" not in r.name}
    component = "model-storage:index:ContainerFunction$aws:lambda/function:Function"
    repository = "model-storage:index:Image$awsx:ecr:Repository"
    assert held == {
        "model-storage:index:EfsBackend$aws:efs/fileSystem:FileSystem::efs-files",
        "aws:efs/fileSystem:FileSystem$aws:efs/accessPoint:AccessPoint::efs-access",
        "model-storage:index:ModelStore$aws:s3/bucket:Bucket::model-bucket",
        "model-storage:index:HttpApi$aws:apigatewayv2/api:Api::api-api",
        "model-storage:index:Network$aws:ec2/vpc:Vpc::network-vpc",
        *(f"{repository}::{name}-image-repository" for name in ("efs", "s3", "oci")),
        *(f"{component}::{name}-function" for name in ("efs-serve", "efs-seeder", "s3-serve", "oci-serve")),
    }


def with_index_of(project: Path, size: int, bundle: str = "bundle") -> dict[str, Any]:
    """Let the manifest say that both files of an index have `size` bytes together; return how to deploy it.

    From a bucket, since the files themselves are not on this machine.
    """
    directory = project / "images" / bundle
    files = {n: (f.size, f.sha256) for n, f in Bundle.read(directory).files.items() if n != "manifest.json"}
    sizes = {"incidents.safetensors": size - 1, "incidents.jsonl": 1}
    write_manifest(directory, {name: (sizes.get(name, old), digest) for name, (old, digest) in files.items()})
    return {"backends": ["efs", "s3"], "modelBucket": "our-models"}


@pytest.mark.parametrize(
    ("size", "memory"), [(1 * MIB, 512), (85 * MIB, 512), (86 * MIB, 576), (1000 * MIB, 3264), (3328 * MIB, 10240)]
)
def test_a_search_function_has_the_memory_that_its_index_takes(tmp_path: Path, size: int, memory: int) -> None:
    graph = run(project := make_project(tmp_path), {**CONFIG, **with_index_of(project, size)})

    memories = {f.name: f.inputs["memorySize"] for f in graph.of(":Function") if "search" in f.name}
    assert (memories["efs-search-function"], memories["s3-search-function"]) == (memory, memory)
    assert memories["s3-minilm-search-function"] == 512


@pytest.mark.parametrize("bundle", ["bundle", "bundle-minilm"])
def test_an_index_that_no_function_can_hold_is_refused(tmp_path: Path, bundle: str) -> None:
    project = make_project(tmp_path)
    config = {**CONFIG, **with_index_of(project, 3329 * MIB, bundle)}

    complaint = (
        f"the index of images/{bundle} has 3,491 MB, .* takes 10,304 MB of memory, and Lambda offers 10,240: build"
    )
    with pytest.raises(DeploymentError, match=complaint):
        run(project, config)
