"""Cross-origin requests: what API Gateway says to browsers."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import requests

from contract.cors import ALLOWED, EXPOSED
from tests.lab.support.accounts import Served, serve, witness

ORIGIN = "https://example.org"
OTHER = "http://localhost:8000"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}


@pytest.fixture(scope="module")
def account() -> Iterator[Served]:
    with serve(witness(), witness(name="witness-search"), origins=(ORIGIN, OTHER)) as served:
        yield served


def cors_of(answer: requests.Response) -> dict[str, str]:
    prefix = "access-control-"
    named = {name.lower(): value for name, value in answer.headers.items()}
    return {name.removeprefix(prefix): value for name, value in named.items() if name.startswith(prefix)}


def preflight(url: str, origin: str) -> requests.Response:
    result = {"statusCode": 204, "headers": {"Access-Control-Allow-Methods": "PUT"}}
    told = {"do": "answer", "value": json.dumps(result)}
    return requests.options(url, params=told, headers={"Origin": origin, **PREFLIGHT}, timeout=60)


@pytest.mark.parametrize("origin", [ORIGIN, OTHER])
@pytest.mark.parametrize("path", ["/witness/similar", "/similar"])
def test_preflight_is_told_what_it_may_send(account: Served, path: str, origin: str) -> None:
    answer = preflight(f"{account.api_url}{path}", origin)
    assert answer.status_code == 204
    assert cors_of(answer) == {
        "allow-origin": origin,
        "allow-methods": "GET,POST",
        "allow-headers": ",".join(ALLOWED),
        "max-age": "3600",
    }


@pytest.mark.parametrize("path", ["/witness/similar", "/similar"])
def test_preflight_never_starts_the_function_with_the_model(account: Served, path: str) -> None:
    state = requests.options(f"{account.api_url}{path}", headers={"Origin": ORIGIN, **PREFLIGHT}, timeout=60).json()
    assert state["variables"]["AWS_LAMBDA_FUNCTION_NAME"] == "witness-search"


def test_answers_are_open_to_the_origins_and_show_the_witnesses(account: Served) -> None:
    answer = requests.get(f"{account.api_url}/similar", headers={"Origin": ORIGIN}, timeout=60)
    assert cors_of(answer) == {"allow-origin": ORIGIN, "expose-headers": ",".join(EXPOSED)}
    failed = requests.get(f"{account.api_url}/similar?do=raise&value=x", headers={"Origin": ORIGIN}, timeout=60)
    assert (failed.status_code, cors_of(failed)["allow-origin"]) == (500, ORIGIN)


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 200), ({"Origin": "https://evil.example.org"}, 403), ({"Origin": "https://example.org.evil"}, 403)],
)
def test_nobody_else_is_told_anything(account: Served, headers: dict[str, str], status: int) -> None:
    told = {"do": "answer", "value": json.dumps({"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "*"}})}
    answer = requests.get(f"{account.api_url}/similar", params=told, headers=headers, timeout=60)
    assert (answer.status_code, cors_of(answer)) == (status, {})


def test_every_origin_may_ask_where_all_may() -> None:
    with serve(witness(), origins=("*",)) as served:
        assert cors_of(preflight(f"{served.api_url}/similar", "null"))["allow-origin"] == "*"


def test_without_configuration_pages_of_other_origins_reach_no_function() -> None:
    with serve(witness()) as served:
        answer = preflight(f"{served.api_url}/similar", ORIGIN)
        assert (answer.status_code, cors_of(answer)) == (403, {})
