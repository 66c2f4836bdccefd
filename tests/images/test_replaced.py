"""A store that changes under a function: answers are of one bundle or the other, and it recovers without a restart."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from similarity import manifest as files
from similarity.encoder import EncoderService
from similarity.stores.directory import DirectoryStore

from . import replacing


def test_a_bundle_replaced_at_any_request_is_never_mixed(tiny_bundle: Path) -> None:
    before = replacing.read(tiny_bundle)
    after = replacing.other(before)
    right = [replacing.answers(before), replacing.answers(after)]
    for at in range(replacing.requests_of(before) + 1):
        assert replacing.mixtures(before, after, right, at) == [], at


def test_a_busy_store_is_asked_again(tiny_bundle: Path) -> None:
    bundle = replacing.read(tiny_bundle)
    with replacing.served(bundle, bundle, 0, busy=10):
        assert replacing.ask(replacing.service(), "a robot")[0] == 200


@pytest.mark.parametrize("in_place", [True, False])
def test_a_replaced_file_of_a_directory_is_loaded_anew(
    tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_place: bool
) -> None:
    monkeypatch.setenv("STORAGE_BACKEND", "s3")
    bundle = Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))
    after = replacing.other(replacing.read(bundle))
    function = EncoderService(DirectoryStore(str(bundle), 4))
    first = replacing.ask(function, "a robot")
    for name in (files.WEIGHTS, files.NAME):
        if in_place:
            with (bundle / name).open("r+b") as file:
                file.write(after[name])
                file.truncate()
        else:
            (tmp_path / "new").write_bytes(after[name])
            (tmp_path / "new").rename(bundle / name)
    assert (first[0], replacing.ask(function, "a robot")[0]) == (200, 503)
    assert replacing.ask(function, "a robot") == replacing.answers(after)["a robot"]


def test_verification_refuses_weights_of_another_bundle(tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = replacing.read(tiny_bundle)
    mixed = {**bundle, files.WEIGHTS: replacing.other(bundle)[files.WEIGHTS]}
    monkeypatch.setenv("VERIFY_WEIGHTS", "1")
    with replacing.served(bundle, bundle, 0):
        assert replacing.ask(replacing.service(), "a robot")[0] == 200
    with replacing.served(mixed, mixed, 0):
        status, _, body = replacing.ask(replacing.service(), "a robot")
    assert status == 503
    assert "the sha256 of its tensors is another" in body
