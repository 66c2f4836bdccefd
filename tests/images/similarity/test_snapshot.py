"""Copies of an initialised process, as SnapStart makes them, are environments of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from similarity import service as service_module
from similarity.base.errors import StoreError
from similarity.encoder import EncoderService
from similarity.stores.directory import DirectoryStore
from tests.images.conftest import Context
from tests.images.support.container_credentials import given
from tests.images.support.copied_process import Copy, copies
from tests.images.support.objects import served, steady


@pytest.fixture(scope="module")
def copied(tiny_bundle: Path) -> list[Copy]:
    return copies(tiny_bundle, 5)


@pytest.fixture(scope="module")
def in_bucket(tiny_bundle: Path) -> list[Copy]:
    """Weights in memory, fetched with credentials that the environment does not have."""
    with served(steady({path.name: path.read_bytes() for path in tiny_bundle.iterdir()})), given():
        bucket = {"STORAGE_BACKEND": "s3", "MODEL_BUCKET": "b", "MODEL_PREFIX": "p", "FETCH_INTO_MEMORY": "1"}
        return copies(tiny_bundle, 3, bucket=bucket)


def test_no_two_copies_have_anything_in_common_that_must_differ(copied: list[Copy]) -> None:
    for values in zip(*((each.environment_id, each.random_number, each.nonce) for each in copied), strict=True):
        assert len(set(values)) == len(copied) == 5


def test_a_copy_says_that_it_is_one_and_counts_from_its_restore(copied: list[Copy]) -> None:
    for copy in copied:
        assert (copy.status, copy.invocation, copy.initialization, copy.version) == ("ok", "1", "snap-start", "7")
        assert "restored;" in copy.phases
        assert not {"boot", "init", "fetch", "load"} & {part.partition(";")[0] for part in copy.phases.split(", ")}


def test_a_copy_answers_the_primed_text_without_its_store(copied: list[Copy], in_bucket: list[Copy]) -> None:
    assert {(copy.answered, copy.fetches) for copy in copied + in_bucket} == {(200, 0)}


def test_copies_of_a_function_on_a_bucket_are_environments_of_their_own(in_bucket: list[Copy]) -> None:
    for values in zip(*((each.environment_id, each.random_number, each.nonce) for each in in_bucket), strict=True):
        assert len(set(values)) == len(in_bucket) == 3
    assert {(copy.status, copy.initialization) for copy in in_bucket} == {("ok", "snap-start")}


def test_no_process_is_left_that_copies_would_share(copied: list[Copy]) -> None:
    assert {copy.tokenizer_processes for copy in copied} == {0}


def test_without_the_hooks_all_copies_would_be_one(tiny_bundle: Path) -> None:
    """The stand-in can find what it looks for."""
    found = copies(tiny_bundle, 3, hooks="none")
    assert len({copy.environment_id for copy in found}) == len({copy.random_number for copy in found}) == 1
    assert {copy.initialization for copy in found} == {""}


@pytest.fixture
def service(tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> EncoderService:
    monkeypatch.setenv("STORAGE_BACKEND", "oci")
    return EncoderService(DirectoryStore(str(tiny_bundle), 4))


def test_a_primed_service_answers_alike(service: EncoderService, context: Context) -> None:
    before = service.handle({"text": "A robot"}, context)["body"]
    service.before_snapshot()
    service.after_restore()
    assert service.handle({"text": "A robot"}, context)["body"] == before


def test_there_is_no_snapshot_of_a_service_that_has_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_BACKEND", "oci")
    empty = EncoderService(DirectoryStore(str(tmp_path), 4))
    with pytest.raises(StoreError, match="is missing"):
        empty.before_snapshot()


def test_an_environment_made_on_demand_sends_no_more_headers_than_before(
    service: EncoderService, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_other_modes = {"X-Initialization-Type", "X-Function-Version"}
    for how, more in (("on-demand", set()), ("provisioned-concurrency", of_other_modes)):
        monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", how)
        answer = EncoderService(service._store).handle({"text": "a"}, context)
        assert of_other_modes & set(answer["headers"]) == more


def test_weights_that_are_copied_into_memory_give_the_same_answer(
    service: EncoderService, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    mapped = service.handle({"text": "A robot"}, context)
    monkeypatch.setenv("COPY_WEIGHTS", "1")
    copied = EncoderService(service._store).handle({"text": "A robot"}, context)
    assert copied["body"] == mapped["body"]


def test_the_time_for_a_snapshot_is_less_than_lambda_gives() -> None:
    assert service_module.INIT_BUDGET + service_module.SNAPSHOT_BUDGET < 130
