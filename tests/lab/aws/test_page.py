"""The page and the API's description come from the HTTP API itself; a handler's errors are answered as on AWS."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import requests

from contract.storages import USUAL_NAMES
from lab.aws.page import Page
from tests.conftest import Lab
from tests.lab.support.accounts import Served, serve, witness


def told(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """A page that returns its request, or fails."""
    if event["rawQueryString"] == "fail":
        raise RuntimeError("no page today")
    return {"statusCode": 200, "headers": {"X-Route": event["routeKey"], "X-Process": os.getpid()}, "body": "page"}


@pytest.fixture(scope="module")
def account() -> Iterator[Served]:
    with serve(witness(), page=Page(told)) as served:
        yield served


@pytest.mark.parametrize("path", ["/", "/openapi.json"])
def test_the_page_is_asked_in_the_apis_own_process(account: Served, path: str) -> None:
    answer = requests.get(f"{account.api_url}{path}", timeout=60)
    assert (answer.status_code, answer.text, answer.headers["X-Route"]) == (200, "page", f"GET {path}")
    assert answer.headers["X-Process"] == str(os.getpid())


def test_a_page_that_fails_is_an_internal_server_error(account: Served) -> None:
    answer = requests.get(f"{account.api_url}/?fail", timeout=60)
    assert (answer.status_code, answer.json()) == (500, {"message": "Internal Server Error"})


def test_other_methods_and_paths_go_to_the_function(account: Served) -> None:
    for method, path in (("POST", "/"), ("GET", "/index.html")):
        state = requests.request(method, f"{account.api_url}{path}", timeout=60).json()
        assert state["variables"]["AWS_LAMBDA_FUNCTION_NAME"] == "witness"


def test_lab_up_serves_the_page_and_the_description(lab: Lab) -> None:
    page = requests.get(lab.outputs["pageUrl"], timeout=60)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert re.findall('<meta name="storage" content="([^"]+)"', page.text) == list(USUAL_NAMES)
    description = requests.get(f"{lab.url}/openapi.json", timeout=60)
    assert description.json()["openapi"].startswith("3.1.")
