"""Retries: a store that is busy or hangs up is asked again within limits, a final refusal is not."""

from __future__ import annotations

import math
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from contract import bundle as files
from similarity import service
from similarity.base.errors import Replaced, StoreError
from similarity.bundle.byte_ranges import Range
from similarity.stores import bucket
from similarity.stores.bucket import BucketStore, Version
from tests.images.support import replacing
from tests.images.support.objects import Bundle, Script, Turn, served, steady

BUSY = (429, 500, 502, 503, 504)
FINAL = {400: "cannot be read", 401: "cannot be read", 403: "cannot be read", 404: "is missing", 412: "was replaced"}


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries as in production, but 5 to 20 ms apart."""
    pauses = {"init_backoff": timedelta(milliseconds=5), "max_backoff": timedelta(milliseconds=20), "base": 2}
    monkeypatch.setattr(bucket, "RETRIES", {**bucket.RETRIES, "backoff": pauses})


@pytest.fixture
def objects(tiny_bundle: Path) -> Bundle:
    return replacing.read(tiny_bundle)


def each_time(objects: Bundle, trouble: Turn, times: int) -> Script:
    """The first `times` requests for every object meet trouble."""
    met: Counter[str] = Counter()

    def script(number: int, name: str) -> Turn:
        met[name] += 1
        return trouble if met[name] <= times else Turn(objects)

    return script


@pytest.mark.parametrize("status", BUSY)
def test_a_busy_store_is_asked_again(objects: Bundle, status: int) -> None:
    with served(each_time(objects, Turn(objects, status), 12)):
        assert replacing.ask(replacing.service(), "a robot")[0] == 200


@pytest.mark.parametrize("reset", [-1, 0, 1, 1000])
def test_a_connection_that_breaks_is_made_again(objects: Bundle, reset: int) -> None:
    """Before the answer, after its headers, and in the middle of the body."""
    right = replacing.answers(objects)["a robot"]
    with served(each_time(objects, Turn(objects, reset=reset), 3)):
        assert replacing.ask(replacing.service(), "a robot") == right


@pytest.mark.parametrize("trouble", [*BUSY, -1, 1000])
@pytest.mark.parametrize("patience", [10.0, 0.3])
def test_trouble_of_some_seconds_is_waited_for_as_long_as_patience_lasts(
    objects: Bundle, monkeypatch: pytest.MonkeyPatch, trouble: int, patience: float
) -> None:
    """Trouble of one second with more patience; without an end with less: then the caller is told which file it was."""
    monkeypatch.setattr(bucket, "RETRIES", {**bucket.RETRIES, "retry_timeout": timedelta(seconds=patience)})
    met = Turn(objects, trouble) if trouble in BUSY else Turn(objects, reset=trouble)
    with served(steady(objects)) as server:
        ends = math.inf

        def script(number: int, name: str) -> Turn:
            nonlocal ends
            if math.isinf(ends) and patience > 1:
                ends = time.monotonic() + 1
            return met if time.monotonic() < ends else Turn(objects)

        server.script = script
        store = BucketStore("models", "tiny")
        if patience > 1:
            assert store.read(files.TOKENIZER) == objects[files.TOKENIZER]
        else:
            with pytest.raises(StoreError, match=r"tokenizer\.json cannot be read"):
                store.read(files.TOKENIZER)
        assert len(server.asked) > 3


def test_patience_and_a_last_try_that_hangs_end_before_the_api_does() -> None:
    hangs = sum(float(str(bucket.CLIENT[key]).removesuffix("s")) for key in ("connect_timeout", "timeout"))
    assert bucket.RETRIES["retry_timeout"] == bucket.PATIENCE
    assert bucket.PATIENCE.total_seconds() + hangs < service.API_LIMIT


@pytest.mark.parametrize(("status", "reason"), FINAL.items())
def test_what_is_final_is_asked_once(objects: Bundle, status: int, reason: str) -> None:
    with served(lambda number, name: Turn(objects, status)) as server:
        with pytest.raises(StoreError, match=f"{files.MANIFEST} {reason}"):
            BucketStore("models", "tiny").read(files.MANIFEST)
        with pytest.raises(StoreError, match=f"{files.WEIGHTS} {reason}"):
            BucketStore("models", "tiny").read_range(files.WEIGHTS, Range(7, 9), Version('"tag"', 99))
        assert server.asked == [files.MANIFEST, files.WEIGHTS]


@pytest.mark.parametrize(
    ("gone", "error", "reason"), [(False, Replaced, "was replaced"), (True, StoreError, "is missing")]
)
def test_a_broken_answer_is_not_gone_on_with_from_another_version(
    objects: Bundle, gone: bool, error: type[StoreError], reason: str
) -> None:
    """The connection breaks in the middle of the weights, which are replaced or removed before it is made again."""
    after = {} if gone else replacing.other(objects)
    whole = objects[files.WEIGHTS]
    turns = iter([Turn(objects), Turn(objects, reset=len(whole) // 2)])
    with served(lambda number, name: next(turns, Turn(after))) as server:
        weights = BucketStore("models", "tiny").weights(files.WEIGHTS, 64, "onnx")
        with pytest.raises(error, match=reason):
            weights.fetch([Range(0, len(whole))])
        assert server.asked == [files.WEIGHTS] * 3


def test_an_answer_that_breaks_again_and_again_is_put_together_right(
    objects: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every connection gives a seventh of the weights; the file that is mapped has each byte in its place."""
    monkeypatch.setattr(bucket, "PIECE", 1000)
    whole = objects[files.WEIGHTS]
    with served(steady(objects)) as server:
        weights = BucketStore("models", "tiny").weights(files.WEIGHTS, 64, "onnx")
        turns = iter([Turn(objects, reset=len(whole) // 7)] * 5)
        server.script = lambda number, name: next(turns, Turn(objects))
        weights.fetch([Range(0, len(whole))])
        assert (weights.directory / files.WEIGHTS).read_bytes() == whole
