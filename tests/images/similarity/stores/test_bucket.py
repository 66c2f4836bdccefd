"""The S3 store with SeaweedFS: what it fetches and keeps, and how it fails and recovers."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import obstore
import pytest

from contract import bundle as files
from similarity.base.errors import StoreError
from similarity.base.parallel import for_each
from similarity.bundle import byte_ranges, safetensors_header
from similarity.bundle.byte_ranges import Range
from similarity.encoder import EncoderService
from similarity.stores import bucket as bucket_module
from similarity.stores.bucket import BucketStore, BucketWeights
from tests.images.conftest import Context


@pytest.fixture
def store(
    bucket: tuple[str, str], tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[BucketStore]:
    """A copy of the bundle under a prefix of the test's own, and a /tmp of its own."""
    endpoint, name = bucket
    for key, value in {
        "AWS_ENDPOINT_URL_S3": endpoint,
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
        "STORAGE_BACKEND": "s3",
        "ENGINE": "onnx",
    }.items():
        monkeypatch.setenv(key, value)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    opened = BucketStore(name, f"test-{uuid.uuid4().hex}")
    for path in tiny_bundle.iterdir():
        obstore.put(opened.client, path.name, path)
    yield opened
    for path in tiny_bundle.iterdir():
        obstore.delete(opened.client, path.name)


def header_of(store: BucketStore) -> safetensors_header.Header:
    return safetensors_header.parse(store.weights(files.WEIGHTS, 1 << 16, "onnx").start)


def test_fetched_ranges_are_the_objects_bytes_and_nothing_else_is_there(
    store: BucketStore, tiny_bundle: Path, tmp_path: Path
) -> None:
    whole = (tiny_bundle / files.WEIGHTS).read_bytes()
    ranges = byte_ranges.fetch_plan(header_of(store), slack=0, page=1)
    weights = store.weights(files.WEIGHTS, 1 << 16, "onnx")
    assert weights.size == len(whole)
    assert weights.start == whole[: 1 << 16]
    weights.fetch(ranges)
    kept = next(tmp_path.glob("model-*.safetensors")).read_bytes()
    assert (weights.directory / files.WEIGHTS).read_bytes() == kept
    expected = bytearray(len(whole))
    for wanted in ranges:
        expected[wanted.offset : wanted.end] = whole[wanted.offset : wanted.end]
    assert kept == bytes(expected)
    assert weights.read(Range(5, 10)) == whole[5:15]


@pytest.mark.parametrize("chunk", [1_000, 4_096, 100_000, 1 << 23])
def test_an_object_of_any_size_is_read_whole(
    store: BucketStore, tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(bucket_module, "GET_BYTES", chunk)
    for name in (files.VECTORS, files.INCIDENTS):
        whole = (tiny_bundle / name).read_bytes()
        assert store.read(name) == whole
        assert store.fetched.take()[0] == len(whole)
    obstore.put(store.client, "empty", b"")
    assert store.read("empty") == b""
    obstore.delete(store.client, "empty")


def test_a_missing_object_is_not_taken_for_an_empty_one_by_a_number_in_its_name(store: BucketStore) -> None:
    with pytest.raises(StoreError, match="missing-416 is missing"):
        store.read("missing-416")


def test_an_environment_that_starts_again_fetches_no_weights(store: BucketStore, context: Context) -> None:
    first = EncoderService(store).handle({"text": "a car"}, context)
    again = EncoderService(BucketStore(store.bucket, store.prefix)).handle({"text": "a car"}, context)
    assert first["body"] == again["body"]
    header = header_of(store)
    planned = sum(wanted.size for wanted in byte_ranges.fetch_plan(header))
    saved = int(first["headers"]["X-Fetched-Bytes"]) - int(again["headers"]["X-Fetched-Bytes"])
    assert saved == planned - 1  # one byte shows that the kept version is still the store's


def test_a_fetch_that_fails_leaves_nothing_that_looks_complete(store: BucketStore, tmp_path: Path) -> None:
    weights = store.weights(files.WEIGHTS, 64, "onnx")
    with pytest.raises(StoreError, match=r"model\.safetensors (ends at byte|cannot be read)"):
        weights.fetch([Range(0, 100), Range(weights.size - 10, 20)])
    assert not list(tmp_path.glob("*.safetensors"))
    again = store.weights(files.WEIGHTS, 64, "onnx")
    assert list(tmp_path.iterdir()) == [again.directory]


def test_a_full_temporary_directory_is_named(store: BucketStore, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = store.weights(files.WEIGHTS, 64, "onnx")

    def full(*arguments: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.pwrite", full)
    with pytest.raises(StoreError, match="cannot be kept in the temporary directory: No space left on device"):
        weights.fetch([Range(0, 100)])


def cut(data: bytes) -> bytes:
    return data[:-1]


def flip(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


@pytest.mark.parametrize(
    ("name", "damage", "reason"),
    [
        ("manifest.json", None, "is missing"),
        ("manifest.json", lambda data: data[:100], "is damaged"),
        ("model.safetensors", None, "is missing"),
        ("model.safetensors", cut, "bytes long, the manifest says"),
        ("model.safetensors", lambda data: b"", "is 0 bytes long, the manifest says"),
        ("model.safetensors", lambda data: data.replace(b'"F32"', b'"I32"', 1), "its header is not the one"),
        ("encoder.onnx", None, "is missing"),
        ("encoder.onnx", cut, "bytes long, the manifest says"),
        ("tokenizer.json", flip, "its sha256 is not the manifest's"),
        ("incidents.safetensors", flip, "its sha256 is not the manifest's"),
    ],
)
def test_a_damaged_bucket_gives_503_and_recovers(
    store: BucketStore,
    tiny_bundle: Path,
    context: Context,
    name: str,
    damage: Callable[[bytes], bytes] | None,
    reason: str,
) -> None:
    good = (tiny_bundle / name).read_bytes()
    if damage is None:
        obstore.delete(store.client, name)
    else:
        obstore.put(store.client, name, damage(good))
    service = EncoderService(store)
    for _ in range(2):
        response = service.handle({"text": "a"}, context)
        assert response["statusCode"] == 503
        message = json.loads(response["body"])["message"]
        assert name in message
        assert reason in message
    obstore.put(store.client, name, good)
    assert service.handle({"text": "a"}, context)["statusCode"] == 200


def test_a_prefix_may_have_slashes(store: BucketStore, tiny_bundle: Path, context: Context) -> None:
    deep = BucketStore(store.bucket, f"{store.prefix}/a/b")
    for path in tiny_bundle.iterdir():
        obstore.put(deep.client, path.name, path)
    assert EncoderService(deep).handle({"text": "a"}, context)["statusCode"] == 200
    for path in tiny_bundle.iterdir():
        obstore.delete(deep.client, path.name)


def test_what_one_engine_fetched_is_not_taken_for_what_another_needs(store: BucketStore, tiny_bundle: Path) -> None:
    header = header_of(store)
    store.weights(files.WEIGHTS, 64, "onnx").fetch(byte_ranges.fetch_plan(header))
    other = store.weights(files.WEIGHTS, 64, "transformers")
    other.fetch(byte_ranges.whole_file(header))
    assert (other.directory / files.WEIGHTS).read_bytes() == (tiny_bundle / files.WEIGHTS).read_bytes()


def test_a_temporary_directory_that_is_not_there_is_named(
    store: BucketStore, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    response = EncoderService(store).handle({"text": "a"}, context)
    assert response["statusCode"] == 503
    assert "cannot be kept in the temporary directory: No such file" in response["body"]


def test_failed_loads_do_not_pile_up_fetches(
    store: BucketStore, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    obstore.put(store.client, "tokenizer.json", b"damaged")
    running, most = [0], [0]
    fetch = BucketWeights.fetch

    def counted(self: BucketWeights, ranges: list[Range]) -> None:
        running[0] += 1
        most[0] = max(most[0], running[0])
        time.sleep(0.2)
        fetch(self, ranges)
        running[0] -= 1

    monkeypatch.setattr(BucketWeights, "fetch", counted)
    service = EncoderService(store)
    assert [service.handle({"text": "a"}, context)["statusCode"] for _ in range(4)] == [503] * 4
    assert most == [1]


def test_a_bucket_that_is_not_there_gives_503(store: BucketStore, context: Context) -> None:
    response = EncoderService(BucketStore("no-such-bucket", "x")).handle({"text": "a"}, context)
    assert response["statusCode"] == 503
    assert "manifest.json" in response["body"] or "model.safetensors" in response["body"]


def test_for_each_calls_every_item_once_and_stops_at_the_first_error() -> None:
    seen: list[int] = []
    for_each(seen.append, range(100), 8)
    assert sorted(seen) == list(range(100))
    tried: list[int] = []

    def fail(item: int) -> None:
        tried.append(item)
        raise ValueError(item)

    with pytest.raises(ValueError, match="0"):
        for_each(fail, range(100), 1)
    assert tried == [0]
