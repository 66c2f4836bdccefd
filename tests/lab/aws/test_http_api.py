"""The HTTP API: events, responses and limits are API Gateway's."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
import requests

from tests.lab.support.accounts import Served, serve, wait_until, witness


@pytest.fixture(scope="module")
def account() -> Iterator[Served]:
    """Two backends, `/witness`, which is the default and has a search function, and `/other`."""
    with serve(witness(), witness(name="other"), witness(name="witness-search")) as served:
        yield served


def echo(served: Served, path: str, method: str = "GET", **options: Any) -> dict[str, Any]:
    mark = "&" if "?" in path else "?"
    response = requests.request(method, f"{served.api_url}{path}{mark}do=echo", timeout=60, **options)
    assert response.status_code == 200
    return dict(response.json())


def answer(served: Served, result: object) -> requests.Response:
    query = {"do": "answer", "value": json.dumps(result)}
    return requests.get(f"{served.api_url}/witness/x", params=query, timeout=60)


def test_event_of_a_plain_request(account: Served) -> None:
    event = echo(account, "/witness/anything/else", headers={"User-Agent": "tester"})
    context = event["requestContext"]
    assert (event["version"], event["routeKey"]) == ("2.0", "ANY /witness/{proxy+}")
    assert event["rawPath"] == "/witness/anything/else"
    assert event["pathParameters"] == {"proxy": "anything/else"}
    assert (event["isBase64Encoded"], "body" in event, "cookies" in event) == (False, False, False)
    assert context["http"]["method"] == "GET"
    assert context["http"]["path"] == "/witness/anything/else"
    assert context["http"]["protocol"] == "HTTP/1.1"
    assert context["http"]["sourceIp"] == "127.0.0.1"
    assert context["http"]["userAgent"] == "tester"
    assert (context["stage"], context["routeKey"]) == ("$default", "ANY /witness/{proxy+}")
    assert abs(context["timeEpoch"] / 1000 - time.time()) < 60


def test_query_is_decoded_and_repeated_names_are_joined(account: Served) -> None:
    event = echo(account, "/witness/x?a=1&b=%C3%A9+%26&a=2&a=&empty=")
    assert event["rawQueryString"] == "a=1&b=%C3%A9+%26&a=2&a=&empty=&do=echo"
    assert event["queryStringParameters"] == {"a": "1,2,", "b": "é &", "empty": "", "do": "echo"}


def test_headers_are_lower_case_and_joined_and_cookies_are_apart(account: Served) -> None:
    address = urlsplit(account.api_url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)
    connection.putrequest("GET", "/witness/x?do=echo")
    for name, value in (("X-Many", "one"), ("x-many", "two"), ("Cookie", "a=1; b=2"), ("X-Amz", "Q")):
        connection.putheader(name, value)
    connection.endheaders()
    event = json.loads(connection.getresponse().read())
    connection.close()
    assert event["headers"]["x-many"] == "one,two"
    assert event["headers"]["x-amz"] == "Q"
    assert event["headers"]["x-forwarded-proto"] == "http"
    assert "cookie" not in event["headers"]
    assert event["cookies"] == ["a=1", "b=2"]
    assert all(name == name.lower() for name in event["headers"])


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        (b'{"text": "\xc3\xa9"}', "application/json", True),
        (b"plain", "text/plain; charset=utf-8", True),
        (b"plain", None, True),
        (b"<a/>", "application/vnd.x+xml", True),
        (b"a=1", "application/x-www-form-urlencoded", False),
        (b"\xff\xfe", "application/json", False),
        (b"abc", "application/octet-stream", False),
    ],
)
def test_body_is_text_or_base64(account: Served, body: bytes, kind: str | None, text: bool) -> None:
    event = echo(account, "/witness/x", "POST", data=body, headers={"Content-Type": kind} if kind else {})
    assert event["isBase64Encoded"] is not text
    assert (event["body"].encode() if text else base64.b64decode(event["body"])) == body


@pytest.mark.parametrize("body", [gzip.compress(b'{"text": "a"}', mtime=0), b"not gzip"])
def test_body_with_an_encoding_is_passed_on_as_it_is(account: Served, body: bytes) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    event = echo(account, "/witness/x", "POST", data=body, headers=headers)
    assert base64.b64decode(event["body"]) == body


@pytest.mark.parametrize(
    ("request_line", "name", "route"),
    [
        ("GET /other/similar", "other", "GET /other/similar"),
        ("POST /other/text-to-embed", "other", "POST /other/text-to-embed"),
        ("GET /other/a/b", "other", "ANY /other/{proxy+}"),
        ("PUT /other/similar", "other", "ANY /other/{proxy+}"),
        ("GET /other/similar/", "other", "ANY /other/{proxy+}"),
        ("GET /similar", "witness", "GET /similar"),
        ("POST /text-to-db-similar", "witness", "POST /text-to-db-similar"),
        ("DELETE /similar", "witness-search", "$default"),
        ("GET /other", "witness-search", "$default"),
        ("GET /other/", "witness-search", "$default"),
        ("GET /unknown/similar", "witness-search", "$default"),
        ("GET /", "witness-search", "$default"),
        ("GET /witness/embed-to-db-similar", "witness-search", "GET /witness/embed-to-db-similar"),
        ("POST /embed-to-db-similar", "witness-search", "POST /embed-to-db-similar"),
        ("GET /witness/health", "witness-search", "GET /witness/health"),
        ("GET /health", "witness-search", "GET /health"),
        ("PATCH /embed-to-db-similar", "witness-search", "$default"),
        ("POST /witness/health", "witness-search", "ANY /witness/{proxy+}"),
    ],
)
def test_routes_lead_to_the_functions(account: Served, request_line: str, name: str, route: str) -> None:
    method, path = request_line.split(" ")
    state = requests.request(method, f"{account.api_url}{path}", timeout=60).json()
    assert state["variables"]["AWS_LAMBDA_FUNCTION_NAME"] == name
    event = echo(account, path, method)
    assert event["routeKey"] == event["requestContext"]["routeKey"] == route
    prefix = route.split(" ")[-1].removesuffix("{proxy+}")
    assert event.get("pathParameters") == ({"proxy": path.removeprefix(prefix)} if "{" in route else None)


def test_result_with_a_status_code_is_the_response(account: Served) -> None:
    result = {
        "statusCode": 418,
        "headers": {"Content-Type": "text/x-tea", "X-Number": 7, "X-True": True, "Content-Length": "999"},
        "cookies": ["a=1; Path=/", "b=2"],
        "body": base64.b64encode(b"\x00tea").decode(),
        "isBase64Encoded": True,
    }
    response = answer(account, result)
    assert (response.status_code, response.content) == (418, b"\x00tea")
    assert response.headers["Content-Type"] == "text/x-tea"
    assert (response.headers["X-Number"], response.headers["X-True"]) == ("7", "true")
    assert response.raw.headers.getlist("Set-Cookie") == ["a=1; Path=/", "b=2"]
    assert response.headers["apigw-requestid"]


@pytest.mark.parametrize(
    ("result", "text"), [({"a": 1}, '{"a": 1}'), ("hello", "hello"), ([1], "[1]"), (None, "null"), (5, "5")]
)
def test_result_without_a_status_code_is_json_200(account: Served, result: object, text: str) -> None:
    response = answer(account, result)
    assert (response.status_code, response.text) == (200, text)
    assert response.headers["Content-Type"].startswith("application/json")


@pytest.mark.parametrize(
    "result",
    [
        {"statusCode": "many"},
        {"statusCode": 99},
        {"statusCode": 200, "body": {"not": "text"}},
        {"statusCode": 200, "body": "!", "isBase64Encoded": True},
        {"statusCode": 200, "headers": ["a", "b"]},
        {"statusCode": 200, "headers": {"X-Bad": "two\nlines"}},
        {"statusCode": 200, "cookies": 7},
    ],
)
def test_result_that_is_no_response_is_500(account: Served, result: object) -> None:
    response = answer(account, result)
    assert (response.status_code, response.json()) == (500, {"message": "Internal Server Error"})


def test_error_of_the_function_is_500(account: Served) -> None:
    response = requests.get(f"{account.api_url}/witness/x?do=raise&value=boo", timeout=60)
    assert (response.status_code, response.json()) == (500, {"message": "Internal Server Error"})


def test_slow_answer_is_503_and_the_function_goes_on() -> None:
    with serve(witness(), http_timeout_s=1) as served:
        before = served.invoke({})
        response = requests.get(f"{served.api_url}/witness/x?do=sleep&value=1.5", timeout=60)
        assert (response.status_code, response.json()) == (503, {"message": "Service Unavailable"})
        process = psutil.Process(before["pid"])
        wait_until(lambda: process.status() == psutil.STATUS_STOPPED)
        after = served.invoke({})
    assert after["pid"] == before["pid"]
    assert after["call"] == before["call"] + 2, "the invocation ended well after the gateway had given up"


@pytest.mark.parametrize("size", [(10 << 20) + 1, 7 << 20], ids=["above the gateway's limit", "above Lambda's limit"])
def test_body_that_is_too_large_is_413(account: Served, size: int) -> None:
    response = requests.post(f"{account.api_url}/witness/x", data=b"x" * size, timeout=60)
    assert (response.status_code, response.json()) == (413, {"message": "Request Entity Too Large"})


@pytest.mark.parametrize(
    ("query", "header", "status"),
    [(9_000, 0, 200), (10_240, 0, 414), (200_000, 0, 414), (9_000, 2_000, 431), (0, 10_240, 431)],
)
def test_request_line_and_headers_have_one_limit_of_10240_bytes(
    account: Served, query: int, header: int, status: int
) -> None:
    headers = {"X-Long": "x" * header} if header else {}
    response = requests.get(f"{account.api_url}/witness/x?do=echo&q={'x' * query}", headers=headers, timeout=60)
    assert response.status_code == status


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_every_method_reaches_the_function(account: Served, method: str) -> None:
    if method == "HEAD":
        assert requests.head(f"{account.api_url}/witness/x", timeout=60).status_code == 200
    else:
        assert echo(account, "/witness/x", method)["requestContext"]["http"]["method"] == method
