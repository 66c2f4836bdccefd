"""A cold start again is for the lab's own page alone, whatever --cors says, and really is one."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests

from tests.lab.support.accounts import Served, serve, witness

LISTED = "https://example.org"


@pytest.fixture(scope="module")
def account() -> Iterator[Served]:
    with serve(witness(), origins=(LISTED,)) as served:
        yield served


def cool(account: Served, path: str = "/witness/cold-start", **headers: str) -> requests.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.post(f"{account.api_url}{path}", headers=named, timeout=30)


@pytest.mark.parametrize("path", ["/witness/cold-start", "/cold-start"])
def test_the_next_start_is_a_cold_one(account: Served, path: str) -> None:
    account.invoke({})
    assert account.invoke({})["call"] > 1
    answer = cool(account, path, Origin=account.api_url, Sec_Fetch_Site="same-origin")
    assert (answer.status_code, answer.json()) == (200, {"message": "the next start is a cold one"})
    assert account.invoke({})["call"] == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},  # a program, or a form of an old browser
        {"Sec_Fetch_Site": "same-origin"},
        {"Origin": LISTED, "Sec_Fetch_Site": "cross-site"},
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "OWN", "Host": "evil.test"},
    ],
)
def test_nobody_else_ends_an_environment(account: Served, headers: dict[str, str]) -> None:
    before = account.invoke({})["call"]
    given = {name: account.api_url if value == "OWN" else value for name, value in headers.items()}
    assert cool(account, **given).status_code == 403
    assert account.invoke({})["call"] == before + 1


def test_only_a_post_does_it(account: Served) -> None:
    before = account.invoke({})["call"]
    for method in ("GET", "HEAD", "PUT"):
        named = {"Origin": account.api_url}
        requests.request(method, f"{account.api_url}/witness/cold-start", headers=named, timeout=10)
    assert account.invoke({})["call"] > before


def test_it_is_asked_by_name_as_the_page_is(account: Served) -> None:
    port = urlsplit(account.api_url).port
    own = {"Host": f"localhost:{port}", "Origin": f"http://localhost:{port}"}
    assert cool(account, **own).status_code == 200
