"""An arm with direct reads on or off: set through the API, told apart, and as before however the run ends."""

from __future__ import annotations

import json
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.deployments.mounts import direct_reads_of, mounts_with
from bench.process.errors import TargetError
from bench.runs.plan import Axes
from bench.runs.store import read_run
from tests.bench.support.command import bench, starting, wait_for_samples, write_outputs
from tests.bench.support.simulator import Account, Truth, serve

ACCESS = "access-point/fsap-0123456789abcdef0"
ON_EFS = {"Arn": f"arn:aws:elasticfilesystem:eu-west-1:1:{ACCESS}", "LocalMountPath": "/mnt/model"}
ON_S3 = {"Arn": f"arn:aws:s3files:eu-west-1:1:file-system/fs-0/{ACCESS}", "LocalMountPath": "/mnt/model"}
ARM = ("--backends", "efs,s3files", "--direct-reads", "on,off", "--warm", 1)


def account(fault: str | None = None) -> Account:
    """Cold starts with direct reads take 10 ms, those through the file system 60 ms."""

    def cold(backend: str, engine: str, rng: random.Random) -> float:
        return 60.0 if setting(made) == "DISABLED" and backend == "s3files" else 10.0

    made = Account(Truth(cold, lambda backend, engine, rng: 4.0, lambda *_: fault), ("efs", "s3files"))
    made.functions["efs"].mounts = [dict(ON_EFS)]
    made.functions["s3files"].mounts = [dict(ON_S3)]
    return made


def setting(of: Account) -> object:
    """What the function's mount says of direct reads; Lambda does not say so while it is the default."""
    [mount] = of.functions["s3files"].mounts
    config = mount.get("S3FilesConfig", {})
    assert isinstance(config, dict)
    return config.get("DirectS3Read", "AUTO")


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[tuple[Account, Path]]:
    made = account()
    with serve(made) as url:
        yield made, write_outputs(tmp_path, url, made, target="aws")


def test_both_settings_are_measured_recorded_and_told_apart(aws: tuple[Account, Path], tmp_path: Path) -> None:
    made, file = aws
    done = bench("--outputs", file, "--out", tmp_path / "run", *ARM, "--cold", 6, "--yes", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    medians = {(item["backend"], item["direct_reads"]): item["cold"]["p50_ms"] for item in found["variants"]}
    assert medians["s3files", "off"] > 50 > medians["s3files", "on"]
    assert set(medians) == {("efs", None), ("s3files", "on"), ("s3files", "off")}
    verdicts = [item["verdict"] for item in found["comparisons"] if item["state"] == "cold"]
    assert any("s3files · direct reads off" in each and "s3files · direct reads on" in each for each in verdicts)
    assert len(verdicts) == 3
    usd = {item["direct_reads"]: item["cold_start_usd"] for item in found["costs"]["variants"]}
    assert usd["off"] > 5 * usd["on"] > 0, "every byte is billed, and not the GETs alone"
    assert any("No witness says that a read was direct" in note for note in found["meta"]["notes"])
    first = read_run(tmp_path / "run").first
    assert [each.direct_reads for each in first.originals.values()] == [None, "AUTO"]
    assert first.axes.direct_reads == ("on", "off")
    assert setting(made) == "AUTO"
    assert made.functions["efs"].mounts == [ON_EFS]


def test_the_whole_mount_is_sent_again(aws: tuple[Account, Path], tmp_path: Path) -> None:
    made, file = aws
    done = bench("--outputs", file, "--out", tmp_path / "run", *ARM, "--cold", 1, "--yes")
    assert done.returncode == 0, done.stderr
    [mount] = made.functions["s3files"].mounts
    assert {name: value for name, value in mount.items() if name != "S3FilesConfig"} == ON_S3


@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGKILL])
def test_it_is_as_before_after_an_end_in_the_middle(
    aws: tuple[Account, Path], tmp_path: Path, way: signal.Signals
) -> None:
    made, file = aws
    made.functions["s3files"].mounts = [{**ON_S3, "S3FilesConfig": {"DirectS3Read": "ENABLED"}}]
    run = tmp_path / "run"
    options = ["--backends", "s3files", "--direct-reads", "off", "--yes", "--cold", 500]
    with starting("--outputs", file, "--out", run, *options) as process:
        wait_for_samples(run / "results.jsonl", 8)
        process.send_signal(way)
        process.wait(60)
    if way == signal.SIGKILL:
        assert setting(made) == "DISABLED"
        done = bench("restore", run)
        assert (done.returncode, "direct reads ENABLED" in done.stdout) == (0, True), done.stderr
    assert setting(made) == "ENABLED"


def test_a_setting_that_does_not_take_ends_the_run(tmp_path: Path) -> None:
    made = account("keeps-direct-reads")
    with serve(made) as url:
        file = write_outputs(tmp_path, url, made, target="aws")
        done = bench("--outputs", file, "--out", tmp_path / "run", *ARM, "--cold", 1, "--yes")
    assert done.returncode == 3
    assert "direct reads of model-storage-s3files are AUTO after they were set" in done.stderr


def test_the_lab_and_other_storages_are_refused_by_name(tmp_path: Path) -> None:
    made = account()
    with serve(made) as url:
        lab = write_outputs(tmp_path, url, made)
        done = bench("--outputs", lab, "--out", tmp_path / "there", *ARM)
    own = bench("--out", tmp_path / "own", *ARM)
    for refused in (done, own):
        assert refused.returncode == 2
        assert "--direct-reads: the lab's stand-in for s3files has no direct reads" in refused.stderr
    other = bench("--stack", "dev", "--out", tmp_path / "other", "--backends", "efs,oci", "--direct-reads", "on")
    assert other.returncode == 2
    assert "--direct-reads: efs, oci cannot switch them; s3files can" in other.stderr
    assert not list(tmp_path.glob("o*/results.jsonl"))


def test_a_function_that_mounts_no_bucket_has_nothing_to_set() -> None:
    assert direct_reads_of({"FileSystemConfigs": [ON_EFS]}) is direct_reads_of({}) is None
    with pytest.raises(TargetError, match="f mounts no bucket, so it has no direct reads to set"):
        mounts_with({"FunctionName": "f", "FileSystemConfigs": [ON_EFS]}, "ENABLED")


@pytest.mark.parametrize("wrong", [(), ("on", "on"), ("sometimes",), (None, "on")])
def test_what_is_not_a_setting_makes_no_plan(wrong: tuple[str | None, ...]) -> None:
    with pytest.raises(ValueError, match="--direct-reads: some of on, off"):
        Axes(("s3files",), direct_reads=wrong)


def test_a_storage_without_them_is_measured_once_beside_both() -> None:
    labels = [each.label for each in Axes(("s3", "s3files"), direct_reads=("on", "off")).variants()]
    assert labels == ["s3.onnx.20t.http", "s3files.onnx.20t.http.direct-on", "s3files.onnx.20t.http.direct-off"]
