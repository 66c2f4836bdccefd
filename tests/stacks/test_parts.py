"""The pure parts of the program: addresses, names, policies, bundles, build contexts, routes."""

from __future__ import annotations

import ipaddress
import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.bundle import File
from contract.precisions import Reduction
from contract.route_keys import PAGE, encoder_keys, preflight_key, search_keys
from model.checkpoints import synthetic
from model.checkpoints.architecture import Architecture
from similarity.bundle import byte_ranges, safetensors_header
from stacks import api, cidr, naming, policies, routes
from stacks.build_context import content_tag, context_files
from stacks.bundle import Bundle, encoder_bytes
from stacks.errors import DeploymentError
from stacks.storages import BACKENDS
from tests.stacks.support.project import ROOT, make_project


@given(st.integers(0, 255), st.integers(16, 24), st.integers(2, cidr.MAX_SUBNETS))
def test_subnets_are_disjoint_parts_of_their_network(second: int, prefix: int, count: int) -> None:
    network = f"10.{second}.0.0/{prefix}"
    blocks = [ipaddress.IPv4Network(block) for block in cidr.subnets(network, count)]

    assert cidr.problem(network) is None
    assert all(block.subnet_of(ipaddress.IPv4Network(network)) for block in blocks)
    assert sum(block.num_addresses for block in blocks) == len({address for block in blocks for address in block})
    assert cidr.subnets(network, count - 1) == cidr.subnets(network, count)[:-1]  # another zone moves none


@pytest.mark.parametrize(
    ("region", "partition"), [("us-east-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_partition_follows_from_the_region(region: str, partition: str) -> None:
    assert naming.partition(region) == partition


def test_function_names_that_lambda_would_refuse_are_refused_here() -> None:
    assert naming.Names("model-storage", "dev").function("efs-seeder") == "model-storage-dev-efs-seeder"
    naming.Names("model-storage", "s" * 40).check(["s3-search", "oci"])
    for project, stack in (("model-storage", "feature.x"), ("model-storage", "s" * 41), ("my.models", "dev")):
        with pytest.raises(DeploymentError, match=r"`pulumi stack rename`, .*or take shorter names"):
            naming.Names(project, stack).check(["oci", "s3-search"])


def test_routes_have_names_of_their_own() -> None:
    """Also of models whose names look like another model's and a backend's: x and x-efs."""
    keys = [(key, "") for key in PAGE]
    for model in ("", "x", "x-efs", "efs-x"):
        paths = ["", "/efs", "/s3"] if not model else [f"/{model}", f"/{model}/efs", f"/{model}/s3"]
        for prefix in paths:
            every = [
                *encoder_keys(prefix),
                *search_keys(prefix),
                preflight_key(prefix),
            ]
            keys += [(key, model) for key in every]

    assert len({key for key, _ in keys}) == len(keys)
    assert len({routes.resource_name(*key) for key in keys}) == len(keys)
    assert routes.resource_name("GET /efs/similar", "") == "get-efs-similar"
    assert routes.resource_name("GET /x/efs/similar", "x") == "x_get-efs-similar"


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("$default", "/*/$default"),
        ("GET /efs/similar", "/*/GET/efs/similar"),
        ("ANY /efs/{proxy+}", "/*/*/efs/{proxy+}"),
    ],
)
def test_a_permission_names_its_route(key: str, path: str) -> None:
    assert routes.permitted_path(key) == path


@pytest.mark.parametrize(
    ("auth", "part"),
    [("iam", "--aws-sigv4 'aws:amz:eu-west-1:execute-api'"), ("jwt", "Bearer $TOKEN"), ("none", "-s 'h")],
)
def test_the_curl_line_carries_the_credentials(auth: str, part: str) -> None:
    line = api.curl_line(auth, "eu-west-1", "https://a.example", "/efs")

    assert part in line
    assert "'https://a.example/efs/similar?num=3&text=" in line


def test_listing_is_not_limited_to_the_prefix() -> None:
    """A GET of a missing key has no s3:prefix, so that such a condition would make it a 403."""
    [read, listing] = policies.read_objects("arn:aws:s3:::bucket", "hash", ["a", "b"])

    assert read["Resource"] == ["arn:aws:s3:::bucket/hash/a", "arn:aws:s3:::bucket/hash/b"]
    assert listing["Resource"] == "arn:aws:s3:::bucket"
    assert "Condition" not in listing


def test_lambda_may_do_in_the_vpc_what_it_does_there() -> None:
    """The actions of AWS's own AWSLambdaVPCAccessExecutionRole (without logs), and none for the code."""
    *granted, denied = policies.attach_to_vpc("aws", "eu-west-1", "123456789012", "function")
    actions = {action for statement in granted for action in statement["Action"]}

    assert actions == {
        *("ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces"),
        *("ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses", "ec2:DescribeSubnets"),
    }
    assert (denied["Effect"], set(denied["Action"])) == ("Deny", actions)


def test_who_may_write_is_in_the_roles_and_not_in_the_file_systems_policy() -> None:
    guard = policies.guard_file_system("fs", "access")

    assert {statement["Effect"] for statement in guard["Statement"]} == {"Deny"}  # so it grants nobody anything
    assert policies.mount("fs", "access", write=False)["Action"] == ["elasticfilesystem:ClientMount"]
    assert "elasticfilesystem:ClientWrite" in policies.mount("fs", "access", write=True)["Action"]


def test_a_real_bundle_is_a_bundle(tiny_bundle: Path) -> None:
    """The program accepts what `python -m model build` makes."""
    bundle = Bundle.read(tiny_bundle)

    bundle.check_files()
    assert {path.name for path in tiny_bundle.iterdir()} == set(bundle.files)
    assert bundle.weights == "synthetic"


@given(st.integers(0, 20 << 30), st.integers(0, 20 << 30))
def test_scratch_space_holds_what_an_engine_fetches(encoder: int, checkpoint: int) -> None:
    bundle = Bundle(Path(), "", "", 768, encoder, {"model.safetensors": File(checkpoint, "")}, Reduction())

    for engine, size in {"onnx": encoder, "transformers": checkpoint}.items():
        assert bundle.scratch_mb(engine) >= 512
        assert bundle.scratch_mb(engine) << 20 >= size * 1.1


@pytest.mark.parametrize(("layers", "hidden"), [(12, 768), (24, 1024), (48, 768)])
def test_scratch_space_is_what_the_service_fetches(layers: int, hidden: int) -> None:
    """The program does not import the service, which makes the fetch plan; this compares the two."""
    tensors = synthetic.tensors(Architecture(layers=layers, hidden=hidden, intermediate=4 * hidden))
    header = safetensors_header.parse(safetensors_header.build(tensors))
    planned = sum(wanted.size for wanted in byte_ranges.fetch_plan(header))

    assert encoder_bytes(layers, hidden) == pytest.approx(planned, rel=0.01)


def _tag(project: Path, *options: str, variant: str = "efs") -> str:
    images = project / "images"
    return content_tag(images, images / variant / "Dockerfile", options)


@pytest.mark.parametrize(
    "change",
    [
        lambda images: (images / "efs" / "app.py").write_text("changed"),
        lambda images: (images / "efs" / "app.py").rename(images / "efs" / "main.py"),
        lambda images: (images / "similarity").mkdir() or (images / "similarity" / "new.py").write_text(""),
        lambda images: (images / "efs" / "Dockerfile").write_text("FROM scratch"),
        lambda images: (images / "efs" / "app.py").unlink(),
    ],
    ids=["content", "name", "new file", "Dockerfile", "missing file"],
)
def test_a_tag_changes_with_whatever_makes_docker_build_again(tmp_path: Path, change: Callable[[Path], object]) -> None:
    project = make_project(tmp_path)
    before = _tag(project)
    assert _tag(project) == before

    change(project / "images")

    assert _tag(project) != before


def test_a_tag_is_the_same_for_every_umask(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    before = _tag(project), _tag(project, variant="oci")
    for path in (project / "images").rglob("*"):
        path.chmod(0o775 if path.is_dir() else 0o664)
        os.utime(path, (1, 1))

    assert (_tag(project), _tag(project, variant="oci")) == before


@pytest.mark.parametrize("backend", list(BACKENDS))
def test_every_file_of_an_image_has_a_mode_of_its_own(backend: str) -> None:
    """A file's mode in the build context is not part of the tag, so it must not get into the image either."""
    lines = (ROOT / "images" / backend / "Dockerfile").read_text().splitlines()
    copies = [line for line in lines if line.startswith("COPY ") and "--from=" not in line]

    assert copies
    assert all(line.startswith("COPY --chmod=755 ") for line in copies)


def test_a_tag_knows_the_bundle_only_where_it_goes_into_the_image(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    (project / "images" / "__pycache__").mkdir()
    before, baked = _tag(project), _tag(project, variant="oci")
    (project / "images" / "__pycache__" / "app.pyc").write_bytes(b"\0")
    (project / "images" / ".bundle.partial").write_bytes(b"\0")
    (project / "images" / "s3" / "app.py").write_text("another variant's")
    assert (_tag(project), _tag(project, variant="oci")) == (before, baked)

    manifest = project / "images" / "bundle" / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "source_hash": "0"}))

    assert _tag(project) == before
    assert _tag(project, variant="oci") != baked
    assert len({_tag(project, option) for option in ("arm64", "x86_64")}) == 2


@pytest.mark.parametrize("backend", list(BACKENDS))
def test_a_tag_covers_all_that_the_dockerfile_copies(backend: str) -> None:
    """Docker would build again for a file that does not change the tag, and the tag would mean two images."""
    images, dockerfile = ROOT / "images", ROOT / "images" / backend / "Dockerfile"
    seen = {str(path.relative_to(images)) for path in context_files(images, dockerfile)}
    copies = re.findall(r"^COPY (?!--from)(?:--\S+ )*(.*) \S+$", dockerfile.read_text(), re.MULTILINE)
    sources = {source for copy in copies for source in copy.split() if "${BUNDLE}" not in source}

    assert {"install.py", f"{backend}/app.py", "contract/", "similarity/"} <= sources
    assert {name for name in seen if not name.startswith("bundle")} == {
        str(path.relative_to(images))
        for source in sources
        for path in ([images / source] if (images / source).is_file() else (images / source).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.mark.parametrize(
    ("rules", "seen"),
    [
        ("", {"a", "b/a", "b/c/a.txt", "b/c/d.txt"}),
        ("*", set()),
        ("# all\n\n*\n!b", {"b/a", "b/c/a.txt", "b/c/d.txt"}),
        ("*\n!b\n**/c", {"b/a"}),
        ("**/a", {"b/c/a.txt", "b/c/d.txt"}),
        ("*\n!b/c/a.*", {"b/c/a.txt"}),
        ("b/*.txt", {"a", "b/a", "b/c/a.txt", "b/c/d.txt"}),
        ("b/\n!b/c/", {"a", "b/c/a.txt", "b/c/d.txt"}),
    ],
)
def test_ignore_files_mean_what_they_mean_to_docker(tmp_path: Path, rules: str, seen: set[str]) -> None:
    for name in ("a", "b/a", "b/c/a.txt", "b/c/d.txt"):
        (tmp_path / "context" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "context" / name).touch()
    (tmp_path / "Dockerfile.dockerignore").write_text(rules)
    files = context_files(tmp_path / "context", tmp_path / "Dockerfile")

    assert {path.relative_to(tmp_path / "context").as_posix() for path in files} == seen


def test_the_program_asks_for_the_engine_whose_sdk_it_uses() -> None:
    """Error hooks of older engines see only some errors: the first mount's would not be among them."""
    required = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if line.startswith("pulumi==")]

    assert f'requiredPulumiVersion: ">={required[0].removeprefix("pulumi==")}"' in (ROOT / "Pulumi.yaml").read_text()


def test_every_backend_has_its_images_and_its_component_and_the_reverse() -> None:
    modules = {path.stem for path in (ROOT / "stacks" / "storages").glob("*.py")}
    assert modules - {"__init__"} == set(BACKENDS)
    assert {path.parent.name for path in (ROOT / "images").glob("*/Dockerfile")} == set(BACKENDS)
