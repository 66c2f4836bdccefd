"""`--images built`: the functions in the images that their own Dockerfiles make."""

from __future__ import annotations

import asyncio
import base64
import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from contract.storages import USUAL_NAMES
from lab.host.errors import LabError
from lab.host.page_cache import resident
from lab.host.workspace import Workspace
from lab.runtime.launch import Image
from lab.storages.bundle import Bundle, read_bundle
from lab.storages.holding import BuiltImage, Holding, Site, provider
from lab.up.built_images import read_built
from tests.conftest import Lab
from tests.lab.support.accounts import FUNCTIONS, Served, gone, owner, serve, wait_until, witness
from tests.lab.support.bundles import make_bundle
from tests.lab.support.left import left_over, processes_of
from tests.lab.support.shaped import links_of, needs_shape
from tests.support.labs import read_outputs, started

BACKENDS = list(USUAL_NAMES)
QUESTION = {"text": "a robot ran over a dog", "num": "5"}


@pytest.fixture(scope="module")
def running(
    built_images: Path, tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[dict[str, Any], Path]]:
    """A lab of built images: its outputs, and the folder that it lives in."""
    tmp = tmp_path_factory.mktemp("built-lab")
    with started(tiny_bundle, tmp, "--json", "--images", "built", "--images-dir", str(built_images)) as process:
        yield read_outputs(process), tmp
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    wait_until(lambda: left_over(tmp, built_images) == [])


@pytest.fixture(scope="module")
def image(built_images: Path, tiny_bundle: Path) -> Iterator[Image]:
    """A built image, mounted, with the obedient function in place of its own."""
    workspace = Workspace()
    built = read_built(built_images, ["s3"], "onnx", read_bundle(tiny_bundle))
    mounted = asyncio.run(built.mount(workspace, "s3"))
    variables = {**mounted.variables, "LAMBDA_TASK_ROOT": "/mnt/model", "TMPDIR": "/tmp"}
    command = (mounted.command[0], "witness.handler")
    yield replace(mounted, command=command, variables=variables, binds={"/mnt/model": FUNCTIONS})
    workspace.close()
    assert left_over(workspace.root) == []


def ask(outputs: dict[str, Any], backend: str) -> requests.Response:
    return requests.get(f"{outputs['apiUrl']}/{backend}/similar", params=QUESTION, timeout=60)


def force_cold(outputs: dict[str, Any], backend: str) -> None:
    aws, name = owner("lambda", outputs), f"model-storage-{backend}"
    aws.update_function_configuration(FunctionName=name, Timeout=30)
    aws.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.1})


def runtimes(tmp: Path) -> list[psutil.Process]:
    """The runtime processes of a lab: those that run awslambdaric."""
    processes = [psutil.Process(pid) for pid in processes_of(tmp)]
    return [process for process in processes if process.cmdline()[1:3] == ["-m", "awslambdaric"]]


# First in this file, as long as nobody else has mounted the images.
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_of_a_busy_lab(
    built_images: Path, tiny_bundle: Path, tmp_path: Path, end: signal.Signals
) -> None:
    with started(tiny_bundle, tmp_path, "--json", "--images", "built", "--images-dir", str(built_images)) as process:
        outputs = read_outputs(process)
        for backend in BACKENDS:
            assert ask(outputs, backend).status_code == 200
        assert len(runtimes(tmp_path)) == 3
        assert len(left_over(tmp_path, built_images)) > 9
        process.send_signal(end)
        process.wait(60)
    wait_until(lambda: left_over(tmp_path, built_images) == [])


@pytest.mark.parametrize("backend", BACKENDS)
def test_answers_are_those_of_the_working_copy(
    running: tuple[dict[str, Any], Path], lab: Lab, tiny_bundle: Path, backend: str
) -> None:
    answer = ask(running[0], backend)
    assert answer.status_code == 200, answer.text
    assert answer.headers["X-Storage-Backend"] == backend
    assert answer.headers["X-Bundle-Hash"] == read_bundle(tiny_bundle).source_hash
    ours = answer.json()["body"]["results"]
    theirs = ask(lab.outputs, backend).json()["body"]["results"]
    assert len(ours) == 5
    assert [item["incident_id"] for item in ours] == [item["incident_id"] for item in theirs]
    assert [item["similarity"] for item in ours] == pytest.approx([item["similarity"] for item in theirs], abs=1e-6)


def test_outputs_say_what_runs_and_on_what(running: tuple[dict[str, Any], Path], lab: Lab) -> None:
    words = (
        r"the function runs in the image that its own Dockerfile made on a stand-in for public\.ecr\.aws/lambda/python"
    )
    outputs = running[0]
    assert re.match(words, outputs["images"])
    for backend, start in {
        "efs": "SeaweedFS mounted",
        "s3": "SeaweedFS S3",
        "oci": "the container image's own",
    }.items():
        assert re.match(f"{start}.*; {words}", outputs["backends"][backend]["storage"])
    assert "working copy" in lab.outputs["images"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_cold_start_is_a_new_environment_without_cached_weights(
    running: tuple[dict[str, Any], Path], tiny_bundle: Path, backend: str
) -> None:
    outputs, tmp = running
    force_cold(outputs, backend)
    root = next(tmp.glob("model-storage-lab-*"))
    folders = {"oci": root / "images/oci/opt/model", "efs": root / "efs" / outputs["bundleHash"]}
    if backend in folders:
        files = [folders[backend] / path.name for path in read_bundle(tiny_bundle).files]
        assert sum(map(resident, files)) == 0
    cold, warm = ask(outputs, backend), ask(outputs, backend)
    assert [answer.headers["X-Invocation"] for answer in (cold, warm)] == ["1", "2"]
    assert cold.headers["X-Environment-Id"] == warm.headers["X-Environment-Id"]
    assert int(cold.headers["X-Fetched-Bytes"]) > 0
    assert warm.headers["X-Fetched-Bytes"] == "0"
    if backend in folders:
        assert sum(map(resident, files)) > 0, "these are the files that it has read"


def test_parallel_environments_share_the_image_and_nothing_else(running: tuple[dict[str, Any], Path]) -> None:
    outputs, tmp = running
    for backend in BACKENDS:
        force_cold(outputs, backend)
    assert runtimes(tmp) == []
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: ask(outputs, "oci"), range(2)))
    assert len({answer.headers["X-Environment-Id"] for answer in answers}) == 2
    one, other = (Path(f"/proc/{process.pid}/root") for process in runtimes(tmp))
    assert one.stat().st_dev == other.stat().st_dev != Path("/").stat().st_dev
    (one / "tmp" / "note").write_text("mine")
    assert not (other / "tmp" / "note").exists()
    with pytest.raises(OSError, match="Read-only") as error:
        (one / "var/task/note").write_text("x")
    assert error.value.errno == errno.EROFS


def test_runtimes_are_nobody_frozen_and_see_no_mount_of_the_host(running: tuple[dict[str, Any], Path]) -> None:
    outputs, tmp = running
    for backend in BACKENDS:
        ask(outputs, backend)
    for process in runtimes(tmp):
        assert process.uids().real == 993
        wait_until(lambda process=process: process.status() == psutil.STATUS_STOPPED)
        points = {line.split()[4] for line in Path(f"/proc/{process.pid}/mountinfo").read_text().splitlines()}
        assert points - {"/mnt/model"} == {"/", "/proc", "/dev", "/tmp"}


def invoke_with_log(served: Served, order: object) -> tuple[Any, str]:
    answer = served.aws.invoke(FunctionName="witness", Payload=json.dumps(order), LogType="Tail")
    return json.loads(answer["Payload"].read()), base64.b64decode(answer["LogResult"]).decode()


@needs_shape
def test_a_shaped_lab_runs_the_same_images(built_images: Path, tiny_bundle: Path, tmp_path: Path) -> None:
    options = ("--json", "--images", "built", "--images-dir", str(built_images), "--shape", "lambda")
    of_others = sorted(left_over(tmp_path, built_images))  # the module's own lab may have the images mounted
    with started(tiny_bundle, tmp_path, *options) as process:
        outputs = read_outputs(process)
        answers = {backend: ask(outputs, backend) for backend in BACKENDS}
        assert {backend: answer.status_code for backend, answer in answers.items()} == dict.fromkeys(BACKENDS, 200)
        assert len({answer.json()["body"]["results"][0]["incident_id"] for answer in answers.values()}) == 1
        assert all("its own Dockerfile made" in outputs["backends"][backend]["storage"] for backend in BACKENDS)
        (root,) = tmp_path.glob("model-storage-lab-*")
        assert len(links_of(root)) >= len(BACKENDS), "each environment has a network of its own"
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    wait_until(lambda: sorted(left_over(tmp_path, built_images)) == of_others)


def test_the_function_has_lambdas_surroundings(image: Image) -> None:
    with serve(witness(code=image, environment={"ENGINE": "transformers"})) as served:
        state, cold = invoke_with_log(served, {})
        path, warm = invoke_with_log(served, {"do": "write", "value": "mine"})
        assert path == "/tmp/note"
        notes = list(served.root.glob("environments/*/note"))
        assert [note.read_text() for note in notes] == ["mine"]
    variables = state["variables"]
    assert variables["ENGINE"] == "transformers", "the function's configuration overrides the image's"
    assert variables["PATH"] == image.variables["PATH"]
    assert variables["AWS_LAMBDA_FUNCTION_NAME"] == "witness"
    assert "HOME" not in variables
    init = re.search(r"Init Duration: ([\d.]+) ms", cold)
    assert init
    assert float(init[1]) > 20, "a Python process does not start faster"
    assert "Init Duration" not in warm
    assert not notes[0].exists()


def test_memory_is_measured_and_limited_in_an_image(image: Image) -> None:
    with serve(witness(code=image, memory_mb=128)) as served:
        pid = invoke_with_log(served, {})[0]["pid"]
        used = []
        for megabytes in ("0", "40"):
            _, log = invoke_with_log(served, {"do": "hoard", "value": megabytes})
            used.append(int(re.search(r"Max Memory Used: (\d+) MB", log)[1]))
        assert 35 <= used[1] - used[0] < 60
        error, log = invoke_with_log(served, {"do": "hoard", "value": "2000"})
        assert error["errorMessage"].endswith("Error: Runtime exited with error: signal: killed")
        assert "Error Type: Runtime.ExitError" in log
        assert gone(pid)
        assert invoke_with_log(served, {})[0]["call"] == 1


def test_another_bundle_than_the_images_is_refused(built_images: Path, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    with started(bundle, tmp_path, "--images", "built", "--images-dir", str(built_images)) as process:
        out, said = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert re.search(
        rf"lab: the oci image in .* holds bundle \w{{12}}, not {read_bundle(bundle).source_hash[:12]}; ", said
    )
    assert f"python -m tools.images build --bundle {bundle} --out {built_images}" in said


@pytest.fixture
def made_up(tmp_path: Path) -> tuple[Path, Bundle, dict[str, Any]]:
    """A folder for made-up images, a bundle, and the index that fits."""
    bundle = read_bundle(make_bundle(tmp_path / "bundle"))
    entries = {name: {"ext4": f"{name}.ext4", "command": ["/x", "app.handler"], "env": {}} for name in BACKENDS}
    for name in BACKENDS:
        (tmp_path / f"{name}.ext4").write_bytes(b"no file system")
    index = {"format": 1, "base": "b", "engine": "onnx", "bundleHash": bundle.source_hash, "images": entries}
    return tmp_path, bundle, index


def read(
    made_up: tuple[Path, Bundle, dict[str, Any]], backends: list[str], wanted: str = "onnx", **changes: Any
) -> Any:
    folder, bundle, index = made_up
    (folder / "index.json").write_text(json.dumps({**index, **changes}))
    return read_built(folder, backends, wanted, bundle)


def test_missing_images_are_refused_with_the_command_that_makes_them(
    made_up: tuple[Path, Bundle, dict[str, Any]],
) -> None:
    folder, bundle, index = made_up
    with pytest.raises(LabError, match=r"no built images in .* python -m tools\.images build --bundle .* --out "):
        read_built(folder, BACKENDS, "onnx", bundle)
    for damage in ({"format": 2}, {"images": None}):
        with pytest.raises(LabError, match=r"no built images in .* python -m tools\.images build"):
            read(made_up, BACKENDS, **damage)
    with pytest.raises(LabError, match=r"no built image of efs, s3 in .* python -m tools\.images build"):
        read(made_up, BACKENDS, images={"oci": index["images"]["oci"]})
    (folder / "s3.ext4").unlink()
    with pytest.raises(LabError, match="no built image of s3 in"):
        read(made_up, BACKENDS)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting images needs root")
def test_what_the_images_need_not_hold_is_not_asked_for(made_up: tuple[Path, Bundle, dict[str, Any]]) -> None:
    assert read(made_up, ["efs", "s3"], bundleHash="another").bundle_hash == "another"
    assert read(made_up, BACKENDS, "transformers", engine="transformers").engine == "transformers"
    assert read(made_up, BACKENDS, "onnx", engine="transformers").engine == "transformers"


def test_images_without_torch_cannot_serve_the_transformers_engine(
    made_up: tuple[Path, Bundle, dict[str, Any]],
) -> None:
    with pytest.raises(LabError, match=r"hold no torch; build them with it: .* --engine transformers$"):
        read(made_up, BACKENDS, "transformers")


def test_without_root_built_images_are_refused(
    made_up: tuple[Path, Bundle, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(LabError, match="needs root: use --images source, or run the lab as root"):
        read(made_up, BACKENDS)


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="mounting images needs root")
def test_an_image_that_cannot_be_mounted_is_refused(made_up: tuple[Path, Bundle, dict[str, Any]]) -> None:
    built, workspace = read(made_up, BACKENDS), Workspace()
    try:
        with pytest.raises(LabError, match=r"(?s)the oci image cannot be run here .*mount.* use --images source"):
            asyncio.run(built.mount(workspace, "oci"))
    finally:
        workspace.close()


def test_an_image_that_lacks_a_part_of_the_bundle_is_refused(
    made_up: tuple[Path, Bundle, dict[str, Any]], tmp_path: Path
) -> None:
    bundle, image, workspace = made_up[1], BuiltImage(tmp_path / "oci.ext4", tmp_path / "root"), Workspace()
    shutil.copytree(bundle.folder, image.root / "opt/model")

    site = Site.of(workspace)

    def provided() -> Holding:
        return asyncio.run(provider("oci").provide(site, bundle, "oci", image))

    try:
        assert provided().environment == {"MODEL_DIR": "/opt/model"}
        (image.root / "opt/model/config.json").unlink()
        with pytest.raises(LabError, match=r"/opt/model in .*oci\.ext4 is not the whole bundle: build the image again"):
            provided()
    finally:
        workspace.close()


def test_entering_what_is_no_mount_point_is_an_error_that_names_the_step(tmp_path: Path) -> None:
    for name in ("proc", "dev"):
        (tmp_path / name).mkdir()
    command = Image(tmp_path, (), {}).entrance({})
    done = subprocess.run(command, capture_output=True, text=True, executable=sys.executable)
    assert done.returncode == 1
    assert re.search(r"(unshare|pivot_root .*): ", done.stderr.splitlines()[-1])
