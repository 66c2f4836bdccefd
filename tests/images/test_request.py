"""What a client may send, and what it is told when it is wrong."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from similarity import request
from similarity.errors import BadRequest


def http_event(method: str = "POST", path: str = "/efs/similar", **fields: Any) -> dict[str, Any]:
    return {"version": "2.0", "rawPath": path, "requestContext": {"http": {"method": method, "path": path}}, **fields}


def refusal(event: object) -> BadRequest:
    with pytest.raises(BadRequest) as caught:
        request.parse(event, "efs")
    return caught.value


@pytest.mark.parametrize(
    "event",
    [
        http_event("GET", queryStringParameters={"text": "a car", "num": "2"}),
        http_event("GET", "/similar", queryStringParameters={"text": "a car", "num": "2"}),
        http_event("GET", "/efs/similar/", queryStringParameters={"text": "a car", "num": "2"}),
        http_event(body='{"text": "a car", "num": 2}'),
        http_event(body='{"text": "a car", "num": "2"}', queryStringParameters=None),
        http_event(body=base64.b64encode(b'{"text": "a car", "num": 2}').decode(), isBase64Encoded=True),
        http_event(body='{"text": "a car"}', queryStringParameters={"text": "not this", "num": "2"}),
        {"text": "a car", "num": 2},
        {"route": "similar", "text": "a car", "num": "2"},
    ],
)
def test_all_forms_of_a_request_mean_the_same(event: dict[str, Any]) -> None:
    assert request.parse(event, "efs") == request.Request("similar", text="a car", num=2)


@pytest.mark.parametrize(
    ("event", "status", "words"),
    [
        (http_event(), 400, "text is missing"),
        (http_event(body='{"text": ""}'), 400, "text is empty"),
        (http_event(body='{"text": " \\n"}'), 400, "text is empty"),
        (http_event(body='{"text": 5}'), 400, "text is no string"),
        (http_event(body='{"text": "\\ud800"}'), 400, "lone surrogate"),
        (http_event(body="{"), 400, "the body is no JSON"),
        (http_event(body="[" * 100_000), 400, "the body is no JSON"),
        (http_event(body='["text"]'), 400, "JSON but no object"),
        (http_event(body=["text"]), 400, "the body is no text"),
        (http_event(body="\u00e9", isBase64Encoded=True), 400, "marked as base64 but is not"),
        (http_event(body=base64.b64encode(b'\xff"').decode(), isBase64Encoded=True), 400, "not UTF-8"),
        (http_event(body="%", isBase64Encoded=True), 400, "marked as base64 but is not"),
        (http_event(body=json.dumps({"text": "a" * request.MAX_BODY})), 413, "the body is too large"),
        (http_event(body=json.dumps({"text": "a" * 9_000_000})), 413, "the body is too large"),
        ({"text": "a" * (request.MAX_BODY + 1)}, 413, "text is too large"),
        (http_event("DELETE"), 405, "method DELETE is not allowed"),
        (http_event("GET", "/efs/nothing"), 404, "there is no such route"),
        (http_event("GET", "/s3/similar"), 404, "there is no such route"),
        (http_event("GET", "/"), 404, "there is no such route"),
        ({"route": "nothing", "text": "a"}, 404, "there is no such route"),
        (["text"], 400, "the event is no JSON object"),
        (None, 400, "the event is no JSON object"),
    ],
)
def test_a_wrong_request_is_told_what_to_send(event: object, status: int, words: str) -> None:
    error = refusal(event)
    assert error.status == status
    assert words in str(error)


def test_a_wrong_method_names_the_right_ones() -> None:
    assert refusal(http_event("PUT")).headers == {"Allow": "GET, POST"}


@pytest.mark.parametrize("num", ["three", "", "1.5", 1.5, None, True, [], {}, "9" * 5000, "1_0", "１"])
def test_num_that_is_no_integer_gives_aiids_warning_and_the_default(num: object) -> None:
    wanted = request.parse({"text": "a", "num": num}, "efs")
    assert wanted.num == 3
    assert wanted.warnings == ('Provided value for "num" invalid, using default of 3.',)


def test_num_with_thousands_of_digits_is_json_but_no_number_of_results() -> None:
    wanted = request.parse(http_event(body='{"text": "a", "num": ' + "9" * 5000 + "}"), "efs")
    assert (wanted.num, len(wanted.warnings)) == (3, 1)


def test_num_0_warns_and_below_0_means_all() -> None:
    none = request.parse({"text": "a", "num": 0}, "efs")
    assert none.num == 0
    assert none.warnings[0].startswith("Zero results requested")
    assert request.parse({"text": "a", "num": "-1"}, "efs") == request.Request("similar", text="a", num=-1)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
FIELDS = st.fixed_dictionaries({}, optional={"text": JSON, "num": JSON, "route": JSON})
EVENTS = (
    JSON
    | FIELDS
    | st.fixed_dictionaries(
        {
            "requestContext": st.fixed_dictionaries({"http": st.fixed_dictionaries({}, optional={"method": JSON})})
            | JSON
        },
        optional={
            "rawPath": st.sampled_from(["/efs/similar", "/similar"]) | JSON,
            "queryStringParameters": FIELDS | JSON,
            "isBase64Encoded": JSON,
            "body": JSON | FIELDS.map(json.dumps) | st.binary().map(lambda b: base64.b64encode(b).decode()),
        },
    )
)


@settings(max_examples=500)
@given(EVENTS)
def test_any_event_is_a_request_or_a_4xx(event: object) -> None:
    try:
        wanted = request.parse(event, "efs")
    except BadRequest as error:
        status = error.status
    else:
        status = 200 if wanted.text.strip() else 500
    assert status == 200 or 400 <= status < 500
