"""The contents of the built images, in which the function runs."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import install
from contract.checkout import IMAGES
from contract.storages import NAMES
from tests.tools.images.support import layers
from tools.images import base, build, layout
from tools.images.buildah import Buildah

if TYPE_CHECKING:
    from tests.tools.images.conftest import Built

BACKENDS = list(NAMES)
ASK = """
import json, app

class Context:
    aws_request_id = "r"
    def get_remaining_time_in_millis(self): return 30_000

event = {"version": "2.0", "rawPath": "/BACKEND/similar", "rawQueryString": "text=robot",
         "queryStringParameters": {"text": "robot"}, "requestContext": {"http": {"method": "GET"}}}
print(json.dumps(app.handler(event, Context())))
"""


def ask(
    built: Built, backend: str, *binds: tuple[Path, str], route: str = "similar", **environment: str
) -> dict[str, Any]:
    script = ASK.replace("BACKEND/similar", f"{backend}/{route}")
    lines = built.run(backend, script, *binds, STORAGE_BACKEND=backend, **environment).splitlines()
    answer: dict[str, Any] = json.loads(lines[-1])
    return answer


def test_layers_are_dependencies_then_weights_then_code_then_index(built: Built, tiny_bundle: Path) -> None:
    files = {path.name for path in tiny_bundle.iterdir()}
    for backend, image in built.images.items():
        _, dependencies, *weights, code, index = image.layers if backend == "oci" else (*image.layers, None)
        assert "var/task/numpy/__init__.py" in dependencies.files
        assert "var/task/app.py" not in dependencies.files
        code_files = ("app.py", "contract/__init__.py", "similarity/__init__.py")
        assert {f"var/task/{file}" for file in code_files} <= set(code.files)
        assert ("var/task/seeder.py" in code.files) == (backend == "efs")
        baked = [{name.removeprefix("opt/model/") for name in layer.files} for layer in (*weights, index) if layer]
        own = {"model.safetensors"}
        assert baked == ([own, files - own] if backend == "oci" else [])


def test_only_the_bundles_and_byte_code_stay_behind(tmp_path: Path) -> None:
    build.copy_sources(tmp_path / "images")
    tracked = subprocess.check_output(["git", "ls-files", "-co", "--exclude-standard"], cwd=IMAGES, text=True)
    copied = {str(path.relative_to(tmp_path / "images")) for path in (tmp_path / "images").rglob("*") if path.is_file()}
    assert copied == {name for name in tracked.splitlines() if (IMAGES / name).is_file()}


def test_a_new_index_moves_its_own_layer_alone(built: Built, tiny_bundle: Path, tmp_path: Path) -> None:
    """And BUNDLE chooses the bundle: here one with another index, beside that of the built image."""
    context = tmp_path / "images"
    build.copy_sources(context)
    for name in ("bundle", "bundle-other"):
        shutil.copytree(tiny_bundle, context / name)
    (context / "bundle-other" / "incidents.jsonl").write_text("another index")
    before, after = built.images["oci"].layers, _oci_layers(built.store, context, "bundle-other")

    changed = [number for number, (old, new) in enumerate(zip(before, after, strict=True)) if old.digest != new.digest]
    assert [set(after[number].files) for number in changed] == [
        {f"opt/model/{path.name}" for path in tiny_bundle.iterdir()} - {"opt/model/model.safetensors"}
    ]
    assert after[changed[0]].files["opt/model/incidents.jsonl"] == len("another index")


def _oci_layers(store: Path, context: Path, bundle: str) -> tuple[layout.Layer, ...]:
    buildah, name = Buildah(store), f"localhost/model-storage:{bundle}"
    arguments = {"BASE": base.name("3.13"), "ENGINE": "onnx", "BUNDLE": bundle}
    options = [word for key, value in arguments.items() for word in ("--build-arg", f"{key}={value}")]
    ignore = f"--ignorefile={context / 'oci' / 'Dockerfile.dockerignore'}"
    with buildah.alone():
        buildah.build(name, context / "oci" / "Dockerfile", context, "--layers", *options, ignore)
        return layout.read(buildah, name).layers


def test_only_the_oci_image_holds_the_model(built: Built, tiny_bundle: Path) -> None:
    names = {path.name for path in tiny_bundle.iterdir()}
    for backend, image in built.images.items():
        held = {Path(name).name for layer in image.layers[1:] for name in layer.files} & names
        assert held == (names if backend == "oci" else set())


def test_weights_that_are_as_before_are_the_layer_that_was_before(
    built: Built, tiny_bundle: Path, tmp_path: Path
) -> None:
    """This holds for anybody, any time and any umask, or 600 MB would move for nothing."""
    first, second = layers.weights_layers(tiny_bundle, built.store, tmp_path)

    assert first == second


def test_the_base_is_as_poor_as_the_real_one(built: Built) -> None:
    """A build that needs find works on Debian and fails on AWS's base."""
    script = f"import shutil; print([name for name in {base.ABSENT} if shutil.which(name)])"
    assert built.run("efs", script).strip() == "[]"


def test_lower_layers_are_shared(built: Built) -> None:
    lower = {tuple(layer.digest for layer in image.layers[:2]) for image in built.images.values()}
    assert len(lower) == 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_source_has_byte_code_that_is_never_checked(built: Built, backend: str) -> None:
    script = """
import importlib.util, pathlib
files = list(pathlib.Path("/var/task").rglob("*.py"))
flags = [pathlib.Path(importlib.util.cache_from_source(str(file))).read_bytes()[4:8] for file in files]
print(len(files), len({*flags} - {bytes([1, 0, 0, 0])}))
print(len([path for path in pathlib.Path("/var/task").rglob("*.pyc") if ".cpython-313." not in path.name]))
"""
    sources, checked, foreign = map(int, built.run(backend, script).split())
    assert sources > 100
    assert (checked, foreign) == (0, 0)


def test_configuration(built: Built) -> None:
    index = json.loads((built.out / "index.json").read_text())
    assert list(index["images"]) == BACKENDS
    for backend, entry in index["images"].items():
        assert entry["command"] == ["/lambda-entrypoint.sh", "app.handler"]
        assert (entry["env"]["ENGINE"], entry["env"]["ORT_DISABLE_TELEMETRY"]) == ("onnx", "1")
        assert entry["workingDir"] == entry["env"]["LAMBDA_TASK_ROOT"] == "/var/task"
        assert entry["size"] == sum(layer["size"] for layer in entry["layers"]) < build.LAMBDA_LIMIT / 10
        assert (built.out / entry["ext4"]).stat().st_size > entry["size"]
        assert set(entry) == {"ext4", "command", "env", "workingDir", "digest", "size", "layers"}, backend


def test_the_oci_image_answers_from_itself(built: Built) -> None:
    answer = ask(built, "oci", MODEL_DIR="/opt/model")
    assert answer["statusCode"] == 200, answer
    assert answer["headers"]["X-Storage-Backend"] == "oci"


@pytest.mark.parametrize("backend", ["oci", "efs"])
def test_the_same_image_searches(built: Built, backend: str, tiny_bundle: Path, tmp_path: Path) -> None:
    """If SERVES says so, it answers for vectors and health, and never needs the weights."""
    binds: tuple[tuple[Path, str], ...] = ()
    if backend == "efs":
        index = tmp_path / "index"
        index.mkdir()
        for name in ("manifest.json", "incidents.jsonl", "incidents.safetensors"):
            shutil.copy(tiny_bundle / name, index)
        binds = ((index, "/mnt/model"),)
    place = {"MODEL_DIR": "/mnt/model" if backend == "efs" else "/opt/model", "SERVES": "search"}
    assert ask(built, backend, *binds, route="health", **place)["statusCode"] == 200
    refused = ask(built, backend, *binds, route="similar", **place)
    assert refused["statusCode"] == 404, refused
    assert "encoder function" in json.loads(refused["body"])["message"]


def test_the_efs_image_answers_from_the_mounted_directory(built: Built, tiny_bundle: Path) -> None:
    binds = ((tiny_bundle, "/mnt/model"),)
    theirs, ours = ask(built, "efs", *binds, MODEL_DIR="/mnt/model"), ask(built, "oci", MODEL_DIR="/opt/model")
    assert theirs["statusCode"] == 200, theirs
    assert theirs["body"] == ours["body"]


def test_the_s3_image_says_that_it_cannot_reach_the_model(built: Built) -> None:
    nobody = {"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1", "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any"}
    answer = ask(built, "s3", MODEL_BUCKET="b", MODEL_PREFIX="p", AWS_REGION="us-east-1", **nobody)
    assert answer["statusCode"] == 503, answer
    assert "cannot be read" in json.loads(answer["body"])["message"], answer


def test_the_efs_image_holds_the_seeder(built: Built) -> None:
    script = "import seeder\ntry: seeder.handler({}, None)\nexcept seeder.SeedError as error: print(error)"
    assert built.run("efs", script).startswith("the event lacks bucket, prefix, files")


def test_dockerfiles_differ_only_in_what_they_copy() -> None:
    def skeleton(backend: str) -> list[str]:
        lines = (IMAGES / backend / "Dockerfile").read_text().splitlines()
        own = re.compile(rf"COPY --chmod=755 ({backend}/|\${{BUNDLE}}/)|ARG BUNDLE=")
        return [line for line in lines if not line.startswith("#") and not own.match(line)]

    assert skeleton("efs") == skeleton("s3") == skeleton("oci")
    [pinned] = [line for line in skeleton("efs") if line.startswith("ARG BASE=")]
    assert re.fullmatch(rf"ARG BASE={re.escape(base.name('3.13'))}@sha256:[0-9a-f]{{64}}", pinned)


def test_what_a_killed_build_left_mounted_is_cleared_away(built: Built) -> None:
    buildah = Buildah(built.store)
    left = buildah("mount", buildah("from", "--pull-never", base.name("3.13")))
    assert left in Path("/proc/mounts").read_text()
    with buildah.alone():
        assert left not in Path("/proc/mounts").read_text()


def test_an_unknown_engine_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, IMAGES / "install.py", "keras", tmp_path / "out"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "ENGINE is 'keras': build with ENGINE=onnx or ENGINE=transformers" in done.stderr
    assert not (tmp_path / "out").exists()


def test_what_is_never_used_is_pruned(tmp_path: Path) -> None:
    kept = ["torch/nn/tests.py", "onnxruntime/capi/onnxruntime_pybind11_state.so", "numpy/bin/data"]
    removed = ["numpy/tests/test_a.py", "numpy/lib/tests/tests/data", "torch/test/a", "torch/include/a.h", "bin/f2py"]
    for name in [*kept, *removed, "onnxruntime/capi/libonnxruntime.so.1.31.1"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    install.prune(tmp_path)
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()) == sorted(kept)
