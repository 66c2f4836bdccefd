"""The seeder, against a real S3 and real file systems: a bundle is whole or it is not there."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from efs import seeder

IMAGES = Path(__file__).parents[2] / "images"
MIB = 1 << 20
OTHER, THIRD = "a" * 64, "b" * 64

Upload = Callable[..., Any]


def visible(root: Path) -> set[str]:
    """What a function that looks for bundles can see."""
    return {path.name for path in root.iterdir() if not path.name.startswith(".")} - {"lost+found"}


def hidden(root: Path) -> set[str]:
    return {path.name for path in root.iterdir() if path.name.startswith(".")} - {seeder.LOCK}


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


def new_index(upload: Upload) -> tuple[Any, Any]:
    """Two bundles that differ in one small file, as those of one model with an old and a new index do."""
    return upload(model=3_000_001, index=70), upload(model=3_000_001, index=71)


def test_a_new_index_brings_no_weights(root: Path, upload: Upload) -> None:
    old, new = new_index(upload)
    seeder.handler(old.event, None)
    result = seeder.handler({**new.event, "keep": [old.hash]}, None)
    assert (result["copied"], result["linked"], result["bytes"]) == (["index"], ["model"], 71)
    assert old.is_in(root / old.hash)
    assert new.is_in(root / new.hash)
    assert (root / old.hash / "model").samefile(root / new.hash / "model")
    assert json.loads(json.dumps(result)) == result


def test_linked_weights_outlive_the_bundle_that_they_came_from(root: Path, upload: Upload) -> None:
    old, new = new_index(upload)
    seeder.handler(old.event, None)
    assert seeder.handler(new.event, None)["removed"] == [old.hash]
    assert visible(root) == {new.hash}
    assert new.is_in(root / new.hash)


def test_damaged_weights_are_not_linked(root: Path, upload: Upload) -> None:
    old, new = new_index(upload)
    seeder.handler(old.event, None)
    (root / old.hash / "model").write_bytes(swap_a_byte(old.files["model"]))
    assert seeder.handler(new.event, None)["copied"] == ["index", "model"]
    assert new.is_in(root / new.hash)


def test_a_repair_of_one_bundle_leaves_the_other_as_it_is(root: Path, upload: Upload) -> None:
    """Both names lead to the damaged bytes: each bundle gets good ones when it is seeded, and writes to no other."""
    old, new = new_index(upload)
    seeder.handler(old.event, None)
    seeder.handler({**new.event, "keep": [old.hash]}, None)
    damaged = swap_a_byte(old.files["model"])
    (root / old.hash / "model").write_bytes(damaged)
    assert seeder.handler({**new.event, "keep": [old.hash]}, None)["copied"] == ["model"]
    assert new.is_in(root / new.hash)
    assert (root / old.hash / "model").read_bytes() == damaged
    assert seeder.handler({**old.event, "keep": [new.hash]}, None)["linked"] == ["model"]
    assert old.is_in(root / old.hash)


def test_what_cannot_be_linked_is_copied(root: Path, upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    """EFS gives a file 177 names at most."""
    old, new = new_index(upload)
    seeder.handler(old.event, None)

    def refuse(*_: Any) -> None:
        raise OSError(errno.EMLINK, os.strerror(errno.EMLINK))

    monkeypatch.setattr(os, "link", refuse)
    assert seeder.handler(new.event, None)["copied"] == ["index", "model"]
    assert new.is_in(root / new.hash)


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


def swap_a_byte(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (swap_a_byte, "is corrupt: its sha256 is"),
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


def test_removes_only_bundles_that_are_not_kept(root: Path, upload: Upload) -> None:
    bundle = upload()
    for name in (OTHER, THIRD, "notes", f".incoming-{OTHER}", f".removing-{OTHER}"):
        (root / name).mkdir()
        (root / name / "file").write_bytes(b"x")
    (root / ("c" * 64)).write_bytes(b"a file, no bundle")
    bundle.keep.append(OTHER)
    assert seeder.handler(bundle.event, None)["removed"] == [THIRD]
    assert visible(root) == {bundle.hash, OTHER, "notes", "c" * 64}
    assert not hidden(root)


def test_removes_nothing_unless_it_is_told_what_to_keep(root: Path, upload: Upload) -> None:
    bundle = upload()
    (root / OTHER).mkdir()
    event = {key: value for key, value in bundle.event.items() if key != "keep"}
    assert seeder.handler(event, None)["removed"] == []
    assert visible(root) == {bundle.hash, OTHER}
    assert seeder.handler({**event, "keep": []}, None)["removed"] == [OTHER]
    assert visible(root) == {bundle.hash}


class Context:
    """Lambda's context of an invocation: calls `waiting` whenever the seeder asks how many seconds it has left."""

    def __init__(self, seconds: float, waiting: Callable[[], object] = lambda: None) -> None:
        self._seconds, self._waiting = seconds, waiting

    def get_remaining_time_in_millis(self) -> int:
        self._waiting()
        return int(self._seconds * 1000)


def test_a_second_seeder_waits_and_then_only_verifies(
    root: Path, upload: Upload, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = upload()
    lock = (root / seeder.LOCK).open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)

    def the_first_one_ends() -> None:
        if not lock.closed:
            (root / bundle.hash).mkdir()
            for name, data in bundle.files.items():
                (root / bundle.hash / name).write_bytes(data)
            lock.close()

    result = seeder.handler(bundle.event, Context(900, the_first_one_ends))
    assert (result["copied"], result["verified"]) == ([], sorted(bundle.files))
    assert capsys.readouterr().out.count("another seeder is at work") == 1


def test_waiting_ends_before_lambda_ends_it(root: Path, upload: Upload) -> None:
    bundle = upload()
    with (root / seeder.LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(seeder.SeedError, match="another seeder is still at work"):
            seeder.handler(bundle.event, Context(59))
    seeder.handler(bundle.event, None)


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


def test_on_a_mounted_file_system(small_disk: Path, upload: Upload) -> None:
    """The deployment's two runs, seed and sweep, where renames and locks are those of a file system of its own."""
    (small_disk / OTHER).mkdir()
    bundle = upload()
    seed = {key: value for key, value in bundle.event.items() if key != "keep"}
    assert seeder.handler(seed, None)["copied"] == sorted(bundle.files)
    assert visible(small_disk) == {bundle.hash, OTHER}
    sweep = seeder.handler(bundle.event, None)
    assert (sweep["verified"], sweep["removed"]) == (sorted(bundle.files), [OTHER])
    assert bundle.is_in(small_disk / bundle.hash)
    assert visible(small_disk) == {bundle.hash}


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
    with pytest.raises(seeder.SeedError, match="is no directory: mount the file system there"):
        seeder.handler(upload().event, None)


GOOD: dict[str, Any] = {
    "bucket": "models",
    "prefix": OTHER,
    "files": {"model": {"size": 1, "sha256": THIRD}},
    "keep": [THIRD],
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bucket": ""}, "is no bucket name"),
        ({"prefix": "/x"}, "is no key prefix"),
        ({"prefix": "a/../b", "directory": OTHER}, "is no key prefix"),
        ({"prefix": "models/v1"}, "names no bundle: send the source_hash"),
        ({"directory": "../" + OTHER}, "names no bundle"),
        ({"keep": ["*"]}, "names no bundle"),
        ({"keep": OTHER}, "send a list"),
        ({"files": {}}, "files is empty"),
        ({"files": {"../model": GOOD["files"]["model"]}}, "refused"),
        ({"files": {"model": {"size": -1, "sha256": THIRD}}}, "send size"),
        ({"files": {"model": {"size": 1, "sha256": "x"}}}, "send size"),
        ({"files": {"model": 1}}, "send size"),
    ],
)
def test_refuses_a_wrong_event(change: dict[str, Any], message: str) -> None:
    seeder.parse(GOOD)
    with pytest.raises(seeder.SeedError, match=message):
        seeder.parse({**GOOD, **change})


@pytest.mark.parametrize("key", ["bucket", "prefix", "files"])
def test_refuses_an_incomplete_event(key: str) -> None:
    with pytest.raises(seeder.SeedError, match=f"the event lacks {key}"):
        seeder.parse({name: value for name, value in GOOD.items() if name != key})


@given(st.text() | st.text(alphabet="./\\a-\0\n", max_size=6))
def test_no_name_leads_out_of_the_bundle(name: str) -> None:
    try:
        job = seeder.parse({**GOOD, "files": {name: GOOD["files"]["model"]}})
    except seeder.SeedError:
        return
    root = Path("/mnt/model") / job.directory
    assert os.path.normpath(root / job.files[0].name) == str(root / name)
    assert (root / name).parent == root
    assert not name.startswith(".")
