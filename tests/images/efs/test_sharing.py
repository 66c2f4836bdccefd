"""Bundles and runs that share a file system: which files are linked, which are removed, and which run waits."""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from efs import seeder
from tests.images.efs.support.file_system import OTHER, THIRD, Upload, flip_a_bit, hidden, visible


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
    (root / old.hash / "model").write_bytes(flip_a_bit(old.files["model"]))
    assert seeder.handler(new.event, None)["copied"] == ["index", "model"]
    assert new.is_in(root / new.hash)


def test_a_repair_of_one_bundle_leaves_the_other_as_it_is(root: Path, upload: Upload) -> None:
    """Both names lead to the damaged bytes: each bundle gets good ones when it is seeded, and no other changes."""
    old, new = new_index(upload)
    seeder.handler(old.event, None)
    seeder.handler({**new.event, "keep": [old.hash]}, None)
    damaged = flip_a_bit(old.files["model"])
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
