"""Weights that are fetched into memory are the same as those below /tmp, and take no room there."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract import bundle as files
from similarity.base.errors import StoreError
from similarity.bundle.byte_ranges import Range
from similarity.encoder import EncoderService
from similarity.stores.bucket import BucketStore
from tests.images.conftest import Context
from tests.images.support.container_credentials import given
from tests.images.support.objects import Objects, served, steady


@pytest.fixture
def objects(tiny_bundle: Path) -> Iterator[Objects]:
    with served(steady({path.name: path.read_bytes() for path in tiny_bundle.iterdir()})) as server:
        yield server


@pytest.fixture
def memory(objects: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FETCH_INTO_MEMORY", "1")


def answer(store: BucketStore, context: Context) -> str:
    said = EncoderService(store).handle({"text": "A robot"}, context)
    assert said["statusCode"] == 200
    return str(said["body"])


@pytest.mark.parametrize("engine", ["onnx", "transformers"])
def test_answers_are_those_of_weights_below_tmp(
    objects: Objects, context: Context, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    monkeypatch.setenv("ENGINE", engine)
    monkeypatch.setenv("VERIFY_WEIGHTS", "1")
    below_tmp = answer(BucketStore("b", "p"), context)
    monkeypatch.setenv("FETCH_INTO_MEMORY", "1")
    assert answer(BucketStore("b", "p"), context) == below_tmp


def test_fetched_ranges_are_in_memory_and_take_no_room_below_tmp(memory: None, objects: Objects) -> None:
    weights = BucketStore("b", "p").weights(files.WEIGHTS, 64, "onnx")
    whole = objects.script(0, files.WEIGHTS).objects[files.WEIGHTS]
    weights.fetch([Range(100, 5_000)])
    assert weights.path.read_bytes() == bytes(100) + whole[100:5_100] + bytes(len(whole) - 5_100)
    named = (weights.directory / files.WEIGHTS).stat()
    assert (named.st_size, named.st_blocks) == (len(whole), 0)


def in_memory() -> int:
    """How many files in memory this process has open, those of earlier tests left out as far as nobody holds them."""
    gc.collect()
    links = (os.readlink(path) for path in Path("/proc/self/fd").iterdir() if path.is_symlink())
    return sum(link.startswith("/memfd:") for link in links)


def test_an_attempt_that_failed_leaves_its_memory_to_the_next(memory: None, objects: Objects) -> None:
    store, before = BucketStore("b", "p"), in_memory()
    first = store.weights(files.WEIGHTS, 64, "onnx")
    with pytest.raises(StoreError, match=r"model\.safetensors (ends at byte|cannot be read)"):
        first.fetch([Range(0, 100), Range(first.size - 10, 20)])
    again = store.weights(files.WEIGHTS, 64, "onnx")
    assert not first.directory.exists()
    assert in_memory() == before + 1
    again.fetch([Range(0, 100)])


def test_memory_that_is_full_is_named(memory: None, objects: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = BucketStore("b", "p").weights(files.WEIGHTS, 64, "onnx")

    def full(*arguments: object) -> int:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr("os.pwrite", full)
    with pytest.raises(StoreError, match="cannot be kept in memory: Cannot allocate memory"):
        weights.fetch([Range(0, 100)])


def test_a_restored_function_reads_only_what_the_snapshot_lacks_with_credentials_of_its_own(
    memory: None, objects: Objects, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hooks as Lambda calls them, in one process: a copied one cannot read from a bucket (see copied_process)."""
    with given():
        service = EncoderService(BucketStore("b", "p"))
        service.before_snapshot()
        before = len(objects.asked)
        service.after_restore()
        assert service.handle({"text": "A robot hurt a worker"}, context)["statusCode"] == 200
        assert len(objects.asked) == before
        answer = service.handle({"text": "zebras xylophone quagmire"}, context)
        assert answer["statusCode"] == 200
    new = objects.asked[before:]
    assert set(new) == {files.WEIGHTS}
    assert int(answer["headers"]["X-Fetches"]) == len(new)
    assert (set(objects.keys[:before]), set(objects.keys[before:])) == ({"K1"}, {"K2"})
