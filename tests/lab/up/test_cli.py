"""`python -m lab up`: its outputs, and that nothing of it is left, however it ends."""

from __future__ import annotations

import json
import signal
import socket
from pathlib import Path

import psutil
import pytest
import requests

from lab.cli import main
from lab.host.janitor import CGROUP_ROOTS
from lab.host.ports import free_ports
from tests.lab.support.accounts import owner, wait_until
from tests.lab.support.bundles import make_bundle
from tests.lab.support.left import left_over, processes_of
from tests.support.labs import read_outputs, started


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("cli") / "bundle")


def test_outputs_are_the_agreed_ones(bundle: Path, tmp_path: Path) -> None:
    with started(bundle, tmp_path, "--json", "--memory", "640", "--timeout", "9", "--backends", "oci,s3") as process:
        outputs = read_outputs(process)
        assert (outputs["target"], outputs["authMode"], outputs["region"]) == ("lab", "none", "us-east-1")
        assert (outputs["engine"], outputs["weights"], outputs["defaultBackend"]) == ("onnx", "synthetic", "s3")
        assert outputs["bundleHash"] == json.loads((bundle / "manifest.json").read_text())["source_hash"]
        assert list(outputs["backends"]) == ["oci", "s3"]
        assert (outputs["pageUrl"], "models" in outputs) == (f"{outputs['apiUrl']}/", False)
        for name, backend in outputs["backends"].items():
            assert backend["functionName"] == f"model-storage-{name}"
            assert backend["logGroup"] == f"/aws/lambda/model-storage-{name}"
            assert f"{outputs['apiUrl']}/{name}/similar" in backend["curl"]
            configuration = owner("lambda", outputs).get_function_configuration(FunctionName=backend["functionName"])
            assert (configuration["MemorySize"], configuration["Timeout"]) == (640, 9)
            variables = configuration["Environment"]["Variables"]
            assert (variables["STORAGE_BACKEND"], variables["ENGINE"]) == (name, "onnx")
            assert variables["ROUTE_PREFIX"] == name
            assert "SERVES" not in variables
            assert backend["searchFunctionName"] == f"model-storage-{name}-search"
            search = owner("lambda", outputs).get_function_configuration(FunctionName=backend["searchFunctionName"])
            assert search["Environment"]["Variables"] == {**variables, "SERVES": "search"}
            assert (search["MemorySize"], search["Timeout"]) == (512, 9)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert left_over(tmp_path) == []


def test_a_storage_without_published_figures_is_not_limited(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["up", "--shape", "lambda", "--backends", "s3,s3files"])
    assert refused.value.code == 2
    assert "--shape: lambda has no figures of s3files, because nobody has published" in capsys.readouterr().err


def test_people_get_words(bundle: Path, tmp_path: Path) -> None:
    port = free_ports(1)[0]
    options = ("--cache", "warm", "--port", str(port), "--cors", "https://example.org")
    with started(bundle, tmp_path, "--backends", "oci", *options) as process:
        assert process.stdout is not None
        text = ""
        while "Ctrl-C" not in text:
            line = process.stdout.readline()
            assert line, process.communicate()
            text += line
        page = requests.get(f"http://127.0.0.1:{port}/", headers={"Origin": "https://example.org"}, timeout=60)
        assert page.headers["Access-Control-Allow-Origin"] == "https://example.org"
        process.terminate()
        assert process.wait(60) == 0
    assert text.split()[:2] == ["Page", f"http://127.0.0.1:{port}/"]
    for part in (
        f"curl -sG http://127.0.0.1:{port}/oci/similar --data-urlencode 'text=",
        f"curl -s http://127.0.0.1:{port}/oci/health",
        "model-storage-oci, model-storage-oci-search",
        "warm: an update reads the weights",
        "weights are synthetic",
    ):
        assert part in text


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_of_a_busy_lab(bundle: Path, tmp_path: Path, end: signal.Signals) -> None:
    with started(bundle, tmp_path, "--json") as process:
        outputs = read_outputs(process)
        for name in outputs["backends"]:
            owner("lambda", outputs).invoke(FunctionName=f"model-storage-{name}")
        root = next(tmp_path.glob("model-storage-lab-*"))
        assert len(processes_of(tmp_path)) > 4
        process.send_signal(end)
        process.wait(60)
    wait_until(lambda: left_over(tmp_path) == [])
    assert not any((group / root.name).exists() for group in CGROUP_ROOTS)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("moment", ["seaweed", "weed-filer.log", "oci.ext4"])
def test_nothing_is_left_of_an_unfinished_start(bundle: Path, tmp_path: Path, moment: str, end: signal.Signals) -> None:
    with started(bundle, tmp_path, "--json") as process:
        wait_until(lambda: bool(list(tmp_path.glob(f"model-storage-lab-*/{moment}"))) or process.poll() is not None)
        process.send_signal(end)
        process.wait(60)
        assert process.stdout is not None
        assert process.stdout.read() == "", "it was ended before it was up"
    wait_until(lambda: left_over(tmp_path) == [])


def test_the_next_lab_sweeps_what_a_killed_janitor_left(bundle: Path, tmp_path: Path) -> None:
    with started(bundle, tmp_path, "--json", "--backends", "oci") as process:
        read_outputs(process)
        janitors = [child for child in psutil.Process(process.pid).children() if "janitor" in " ".join(child.cmdline())]
        for janitor in janitors:
            janitor.kill()
        process.kill()
        process.wait(60)
    assert len(janitors) == 1
    assert left_over(tmp_path), "nobody could clean up"
    with started(bundle, tmp_path, "--json", "--backends", "oci") as process:
        read_outputs(process)
        assert len(list(tmp_path.glob("model-storage-lab-*"))) == 1
        process.terminate()
        assert process.wait(60) == 0
    assert left_over(tmp_path) == []


def test_failed_start_says_why_and_leaves_nothing(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_RIE", "/nothing/here")
    with started(bundle, tmp_path, "--json") as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "lab: AWS_LAMBDA_RIE=/nothing/here is not an executable file" in errors
    assert left_over(tmp_path) == []


@pytest.mark.parametrize(
    "option",
    [
        ["--backends", "efs,floppy"],
        ["--cache", "tepid"],
        ["--engine", "steam"],
        ["--memory", "0"],
        ["--memory", "-5"],
        ["--timeout", "901"],
        ["--idle", "0"],
        ["--idle", "nan"],
        ["--port", "70000"],
        ["--cors", "example.org"],
        ["--cors", "https://example.org/path"],
        ["--model", "minilm"],
        ["--model", "minilm="],
        ["--model", "MiniLM=x"],
        ["--model", "a-name-that-is-too-long=x"],
        ["--model", "s3=x"],
        ["--model", "health=x"],
        ["--model", "text-to-embed=x"],
        ["--model", "one=x", "--model", "one=y"],
    ],
)
def test_wrong_arguments(option: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["up", *option])
    assert end.value.code == 2
    assert option[-1].rpartition(",")[2].split("=")[0] in capsys.readouterr().err


def test_a_built_image_holds_one_model(bundle: Path, tmp_path: Path) -> None:
    with started(bundle, tmp_path, "--model", f"one={bundle}", "--images", "built") as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "lab: a built oci image holds one model: leave out --model, or " in errors


def test_a_port_that_is_taken_is_named(bundle: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with started(bundle, tmp_path, "--backends", "oci", "--port", str(port)) as process:
            _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"lab: port {port} cannot be used (" in errors
    assert left_over(tmp_path) == []
