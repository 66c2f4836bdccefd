"""`lab up --shape lambda`: functions answer in their own networks, and nothing is left of a lab that is killed."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import psutil
import pytest
import requests

from lab.cli import main
from tests.lab.support.accounts import wait_until
from tests.lab.support.bundles import make_bundle
from tests.lab.support.left import left_over
from tests.lab.support.shaped import links_of, namespaces_of, needs_shape
from tests.support.labs import read_outputs, started


@needs_shape
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_a_function_reads_s3_through_its_network_and_nothing_is_left(tmp_path: Path, end: signal.Signals) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    with started(bundle, tmp_path, "--json", "--backends", "s3", "--shape", "lambda") as process:
        outputs = read_outputs(process)
        answer = requests.get(f"{outputs['apiUrl']}/s3/similar", {"text": "a robot"}, timeout=60)
        root = next(tmp_path.glob("model-storage-lab-*"))
        assert "manifest.json is damaged" in answer.text, "it read the made-up bundle's manifest"
        assert links_of(root)
        assert len(namespaces_of(root)) > 1
        nginx = [child for child in psutil.process_iter() if child.name() == "nginx" and child.cwd() == str(root)]
        assert nginx
        process.send_signal(end)
        process.wait(60)
    wait_until(lambda: left_over(tmp_path) == [] and links_of(root) == [])
    assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in nginx)


@needs_shape
def test_a_network_that_the_kernel_refuses_is_said_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("lab.shape.links._bucket", lambda limits: ("no-such-queue",))
    assert main(["up", "--shape", "lambda", "--bundle", str(make_bundle(tmp_path / "bundle"))]) == 1
    assert re.search(r"lab: no --shape lambda here: .* no-such-queue failed: .*unknown", capsys.readouterr().err)
