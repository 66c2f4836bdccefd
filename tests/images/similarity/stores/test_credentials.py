"""A function with SnapStart asks for its credentials over HTTP, and again when they expire or it was restored."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from similarity.base.errors import StoreError
from similarity.stores import credentials
from similarity.stores.bucket import BucketStore
from tests.images.support.container_credentials import Credentials, given
from tests.images.support.objects import Objects, served, steady


@pytest.fixture
def objects() -> Iterator[Objects]:
    with served(steady({"a": b"content"})) as server:
        yield server


@pytest.fixture
def endpoint(objects: Objects) -> Iterator[Credentials]:
    with given() as server:
        yield server


def test_requests_are_signed_with_what_the_endpoint_gives(objects: Objects, endpoint: Credentials) -> None:
    store = BucketStore("b", "p")
    assert [store.read("a") for _ in range(3)] == [b"content"] * 3
    assert (objects.keys, endpoint.given) == (["K1"] * 3, 1)


def test_credentials_that_expire_are_asked_for_again(objects: Objects, endpoint: Credentials) -> None:
    endpoint.good_for = timedelta(seconds=-1)
    store = BucketStore("b", "p")
    for _ in range(3):
        store.read("a")
    assert objects.keys == ["K1", "K2", "K3"]


def test_an_opened_again_client_asks_for_credentials_of_its_own(objects: Objects, endpoint: Credentials) -> None:
    store = BucketStore("b", "p")
    store.read("a")
    store.reopen()
    store.read("a")
    assert objects.keys == ["K1", "K2"]


def test_all_of_the_answer_is_used_and_no_proxy_hears_of_it(
    endpoint: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    found = credentials.present()
    assert (found["access_key_id"], found["secret_access_key"], found["token"]) == ("K1", "secret", "T1")
    left = found["expires_at"] - datetime.now(UTC)
    assert timedelta(hours=5, minutes=59) < left <= timedelta(hours=6)


def test_without_the_address_the_keys_of_the_environment_sign(objects: Objects) -> None:
    BucketStore("b", "p").read("a")
    assert objects.keys == ["any"]


@pytest.mark.parametrize("status", [400, 403, 500])
def test_a_refusal_is_told_and_nothing_is_asked_unsigned(
    objects: Objects, endpoint: Credentials, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint.status = status
    with pytest.raises(StoreError, match="model file a cannot be read"):
        BucketStore("b", "p").read("a")
    assert objects.asked == []
    assert f"the credentials were refused with status {status}" in capsys.readouterr().out


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b'{"AccessKeyId": "SECRET", "Expiration": "later"}'])
def test_an_answer_that_is_no_credentials_is_refused_and_not_repeated(endpoint: Credentials, body: bytes) -> None:
    endpoint.body = body
    with pytest.raises(ValueError, match=r"^what came is not credentials$"):
        credentials.present()


@pytest.mark.parametrize(
    "address",
    [
        "http://example.com/x",
        "https://127.0.0.1/x",
        "http://127.0.0.1.example.com/",
        "file:///x",
        "",
        "http://169.254.169.254/",
    ],
)
def test_the_token_is_sent_nowhere_else(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", address)
    with pytest.raises(ValueError, match="is not one of AWS's own addresses"):
        credentials.present()
