"""Requests under other names and from other sites' pages reach no function; the lab's own page and its owner do."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import psutil
import pytest
import requests

from lab.host.ports import ADDRESS
from tests.lab.support.accounts import Served, serve, witness
from tests.lab.support.left import processes_of

LISTED = "https://example.org"
FUNCTION = "/2015-03-31/functions/witness"


@pytest.fixture(scope="module")
def account() -> Iterator[Served]:
    with serve(witness(), origins=(LISTED,)) as served:
        yield served


def port(url: str) -> int:
    return urlsplit(url).port or 80


@pytest.mark.parametrize(
    "host",
    [
        *("evil.test:{port}", "localhost.evil.test:{port}", "127.0.0.1:{port}.evil.test", "user@127.0.0.1:{port}"),
        *("127.0.0.1", "127.0.0.1:1", "127.0.0.2:{port}", "0.0.0.0:{port}", "2130706433:{port}", "[::1]", ""),
    ],
)
def test_a_name_that_is_not_loopback_is_refused_on_both_endpoints(account: Served, host: str) -> None:
    named = {"Host": host.format(port=port(account.api_url))}
    answer = requests.get(f"{account.api_url}/similar", headers=named, timeout=60)
    assert (answer.status_code, "the lab is asked as 127.0.0.1:" in answer.text) == (403, True)
    named = {"Host": host.format(port=port(account.endpoint_url))}
    answer = requests.post(f"{account.endpoint_url}{FUNCTION}/invocations", data="{}", headers=named, timeout=60)
    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (403, "AccessDeniedException")


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_loopback_may_be_called_by_its_names(account: Served, name: str) -> None:
    named = {"Host": f"{name}:{port(account.api_url)}"}
    assert requests.get(f"{account.api_url}/similar", headers=named, timeout=60).status_code == 200


FOREIGN = [
    {"Origin": "https://evil.test"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_page_of_another_site_reaches_no_function(account: Served, headers: dict[str, str]) -> None:
    before = account.invoke({})["call"]
    for method in ("GET", "POST", "OPTIONS", "PUT"):
        assert requests.request(method, f"{account.api_url}/similar", headers=headers, timeout=60).status_code == 403
    answer = account.request("POST", f"{FUNCTION}/invocations", "{}", **headers)
    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (403, "AccessDeniedException")
    assert account.invoke({})["call"] == before + 1


@pytest.mark.parametrize("headers", [{"Origin": LISTED, "Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "none"}])
def test_the_pages_that_may_ask_are_answered_but_never_by_the_lambda_api(
    account: Served, headers: dict[str, str]
) -> None:
    assert requests.get(f"{account.api_url}/similar", headers=headers, timeout=60).status_code == 200
    signed = account.request("GET", f"{FUNCTION}/configuration", "", **headers)
    assert signed.status_code == (403 if "Origin" in headers else 200)


def test_the_labs_own_page_may_ask(account: Served) -> None:
    own = {"Origin": account.api_url, "Sec-Fetch-Site": "same-origin"}
    assert requests.post(f"{account.api_url}/similar", headers=own, timeout=60).status_code == 200


def test_runtime_emulators_which_ask_nobody_who_they_are_listen_where_nobody_guesses(account: Served) -> None:
    account.invoke({})
    ours = map(psutil.Process, processes_of(account.root.parent, account.root.name))
    emulators = [process for process in ours if "rie" in process.name()]
    connections = [connection for process in emulators for connection in process.net_connections("tcp")]
    listening = [connection.laddr.ip for connection in connections if connection.status == psutil.CONN_LISTEN]
    assert len(listening) >= 2
    assert set(listening) == {ADDRESS}
