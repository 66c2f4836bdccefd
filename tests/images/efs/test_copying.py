"""Copying a bundle, with a real S3 and real file systems: it is whole or it is not there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contract.checkout import ROOT
from efs import seeder
from tests.images.efs.support.file_system import OTHER, Upload, flip_a_bit, hidden, visible

IMAGES = ROOT / "images"
MIB = 1 << 20


def test_copies_a_bundle_whole(root: Path, upload: Upload) -> None:
    bundle = upload()
    result = seeder.handler(bundle.event, None)
    assert bundle.is_in(root / bundle.hash)
    assert visible(root) == {bundle.hash}
    assert not hidden(root)
    assert result["directory"] == str(root / bundle.hash)
    assert result["copied"] == sorted(bundle.files)
    assert result["bytes"] == sum(map(len, bundle.files.values()))
    assert json.loads(json.dumps(result)) == result


def test_second_run_verifies_and_needs_no_s3(root: Path, upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = upload()
    seeder.handler(bundle.event, None)
    before = {path: path.stat().st_mtime_ns for path in (root / bundle.hash).iterdir()}
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")  # nobody listens there
    result = seeder.handler(bundle.event, None)
    assert (result["copied"], result["verified"], result["bytes"]) == ([], sorted(bundle.files), 0)
    assert {path: path.stat().st_mtime_ns for path in (root / bundle.hash).iterdir()} == before


def test_prefix_and_directory_may_differ(root: Path, upload: Upload) -> None:
    bundle = upload()
    for name, data in bundle.files.items():
        seeder.obstore.put(bundle.store, f"some/where/{name}", data)
    seeder.handler({**bundle.event, "prefix": "some/where", "directory": OTHER}, None)
    assert bundle.is_in(root / OTHER)


def test_repairs_a_damaged_bundle_file_by_file(root: Path, upload: Upload) -> None:
    bundle = upload()
    seeder.handler(bundle.event, None)
    damaged = root / bundle.hash / "model"
    damaged.write_bytes(b"x" + damaged.read_bytes()[1:])
    (root / bundle.hash / "config").unlink()
    assert seeder.handler(bundle.event, None)["copied"] == ["config", "model"]
    assert bundle.is_in(root / bundle.hash)


def test_killed_half_way_then_continues(root: Path, upload: Upload, stalling: Callable[[int], Any]) -> None:
    bundle = upload(model=40 * MIB, config=70)
    proxy = stalling(20 * MIB)  # the second of three blocks never arrives
    code = "import json, sys, seeder; seeder.handler(json.load(sys.stdin), None)"
    environment = {**os.environ, "PYTHONPATH": str(IMAGES / "efs"), "AWS_ENDPOINT_URL_S3": proxy.url}
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, env=environment)
    assert process.stdin is not None
    process.stdin.write(json.dumps(bundle.event).encode())
    process.stdin.close()
    assert proxy.stalled.wait(60)
    process.kill()
    process.wait()
    assert visible(root) == set()
    part = root / f".incoming-{bundle.hash}" / "model.part"
    assert 0 < part.stat().st_size < 40 * MIB

    result = seeder.handler(bundle.event, None)
    assert result["resumed_bytes"] >= 16 * MIB
    assert bundle.is_in(root / bundle.hash)
    assert not hidden(root)


def test_torn_leftover_is_not_trusted(root: Path, upload: Upload) -> None:
    bundle = upload()
    incoming = root / f".incoming-{bundle.hash}"
    incoming.mkdir()
    (incoming / "model.part").write_bytes(bytes(1_000_000))
    (incoming / "config").write_bytes(bytes(70))
    (incoming / "stranger").write_bytes(b"from another manifest")
    seeder.handler(bundle.event, None)
    assert bundle.is_in(root / bundle.hash)


def test_leftover_longer_than_the_file_is_not_trusted(root: Path, upload: Upload) -> None:
    bundle = upload()
    (root / f".incoming-{bundle.hash}").mkdir()
    (root / f".incoming-{bundle.hash}" / "config.part").write_bytes(bundle.files["config"] + b"more")
    seeder.handler(bundle.event, None)
    assert bundle.is_in(root / bundle.hash)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (flip_a_bit, "is corrupt: its sha256 is"),
        (lambda data: data[:-1], "has 3000000 bytes, the manifest says 3000001"),
    ],
    ids=["one bit", "truncated"],
)
def test_damaged_object(root: Path, upload: Upload, damage: Callable[[bytes], bytes], message: str) -> None:
    (root / OTHER).mkdir()
    bundle = upload()
    bundle.put("model", damage(bundle.files["model"]))
    with pytest.raises(seeder.SeedError) as caught:
        seeder.handler(bundle.event, None)
    assert f"s3://models/{bundle.hash}/model {message}" in str(caught.value)
    assert "upload the bundle again" in str(caught.value)
    assert visible(root) == {OTHER}, "the old bundle stays until the new one is in place"

    bundle.put("model", bundle.files["model"])
    seeder.handler(bundle.event, None)
    assert bundle.is_in(root / bundle.hash)


def test_missing_object_is_named_before_anything_is_written(root: Path, upload: Upload) -> None:
    bundle = upload()
    event = {**bundle.event, "prefix": OTHER}
    with pytest.raises(seeder.SeedError, match=f"s3://models/{OTHER}/config does not exist: upload the bundle"):
        seeder.handler(event, None)
    assert not visible(root)
    assert not hidden(root)


def test_full_disk(small_disk: Path, upload: Upload) -> None:
    (small_disk / OTHER).mkdir()
    (small_disk / OTHER / "model").write_bytes(bytes(10 * MIB))
    bundle = upload(model=20 * MIB, config=70)
    bundle.keep.append(OTHER)
    with pytest.raises(
        seeder.SeedError, match=r"is full: the bundle needs 20971590 bytes more, \d+ are free: make room"
    ):
        seeder.handler(bundle.event, None)
    assert visible(small_disk) == {OTHER}
    assert not hidden(small_disk), "what was copied in vain would only keep the disk full"

    shutil.rmtree(small_disk / OTHER)
    seeder.handler(bundle.event, None)
    assert bundle.is_in(small_disk / bundle.hash)


def test_waits_until_iam_knows_the_grant(
    root: Path,
    upload: Upload,
    refusing: Callable[[int], Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(seeder, "RETRY_SECONDS", 0.01)
    bundle = upload()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", refusing(3).url)
    seeder.handler(bundle.event, None)
    assert bundle.is_in(root / bundle.hash)
    assert capsys.readouterr().out.count("not allowed to read, as yet; trying again") == 3


def test_a_grant_that_never_comes_is_named(
    root: Path, upload: Upload, refusing: Callable[[int], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seeder, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(seeder, "GRANT_SECONDS", 0.1)
    bundle = upload()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", refusing(10_000).url)
    with pytest.raises(seeder.SeedError, match="config may not be read: give the seeder's role s3:GetObject"):
        seeder.handler(bundle.event, None)
    assert not visible(root)


def test_memory_does_not_grow_with_the_bundle(root: Path, upload: Upload) -> None:
    code = (
        "import json, sys, resource, seeder\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "event = json.load(sys.stdin)\n"
        "before = peak()\n"
        "seeder.handler(event, None)\n"
        "print(peak() - before)\n"
    )
    bundle = upload(model=192 * MIB)
    environment = {**os.environ, "PYTHONPATH": str(IMAGES / "efs")}
    done = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(bundle.event).encode(), env=environment, stdout=subprocess.PIPE
    )
    assert done.returncode == 0
    assert int(done.stdout.split()[-1]) < 96 * 1024, "KiB; two blocks of 16 MiB and what the S3 client needs"


def test_no_file_system(root: Path, upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_ROOT", str(root / "nothing"))
    with pytest.raises(seeder.SeedError, match="is not a directory: mount the file system there"):
        seeder.handler(upload().event, None)
