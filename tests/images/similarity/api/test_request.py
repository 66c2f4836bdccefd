"""The requests that a client may send, and the messages for wrong ones."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract import limits
from contract.routes import ROUTES
from similarity.api import request
from similarity.base.errors import BadRequest


def http_event(method: str = "POST", path: str = "/efs/similar", **fields: Any) -> dict[str, Any]:
    return {"version": "2.0", "rawPath": path, "requestContext": {"http": {"method": method, "path": path}}, **fields}


def query(raw: str, **fields: str) -> dict[str, Any]:
    """A GET request; the HTTP API joins the values of a name with commas."""
    return http_event("GET", rawQueryString=raw, queryStringParameters=fields)


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
        {"route": "/efs/similar", "text": "a car", "num": "2"},
        {"body": '{"text": "a car", "num": 2}'},
        {"body": '{"text": "a car"}', "queryStringParameters": {"text": "not this", "num": "2"}},
        {"body": '{"text": "not this", "num": 2}', "text": "a car"},
        {
            "body": "",
            "queryStringParameters": {"text": "a car", "num": "2"},
            "path": "/efs/similar",
            "httpMethod": "GET",
        },
        query("text=a%20car&num=2", text="a car", num="2"),
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
        (http_event(body='{"text": 5}'), 400, "text is not a string"),
        (http_event(body='{"text": "\\ud800"}'), 400, "lone surrogate"),
        (http_event(body="{"), 400, "the body is not JSON"),
        (http_event(body="[" * 100_000), 400, "the body is not JSON"),
        (http_event(body='["text"]'), 400, "JSON but not an object"),
        (http_event(body=["text"]), 400, "the body is not text"),
        (http_event(body="\u00e9", isBase64Encoded=True), 400, "marked as base64 but is not"),
        (http_event(body=base64.b64encode(b'\xff"').decode(), isBase64Encoded=True), 400, "not UTF-8"),
        (http_event(body="%", isBase64Encoded=True), 400, "marked as base64 but is not"),
        (http_event(body=json.dumps({"text": "a" * limits.MAX_BODY})), 413, "the body is too large"),
        (http_event(body=json.dumps({"text": "a" * 9_000_000})), 413, "the body is too large"),
        ({"text": "a" * (limits.MAX_TEXT + 1)}, 413, "text is too large"),
        (http_event(body='{"text": "a", "text": "b"}'), 400, "the body gives a name twice"),
        (http_event(body='{"text": "a", "num": NaN}'), 400, "it has no NaN"),
        (http_event(body=json.dumps({"text": "a", **dict.fromkeys(map(str, range(32)))})), 400, "too many fields"),
        ({"text": "a", **dict.fromkeys(map(str, range(32)))}, 400, "too many fields"),
        (query("text=a&text=b", text="a,b"), 400, "text is given twice"),
        (query("te%78t=a&text=b", text="a,b"), 400, "text is given twice"),
        (query("text=a&num=1&num=2", text="a", num="1,2"), 400, "num is given twice"),
        (query("a&" * 40 + "text=a", text="a", a=""), 400, "too many fields"),
        (query("", **dict.fromkeys(map(str, range(40)), "")), 400, "too many fields"),
        (http_event("POST", "/efs/health"), 405, "method POST is not allowed: send GET"),
        (http_event("PUT", "/efs/embed-to-db-similar"), 405, "send GET ?embed=[…]"),
        (http_event("POST", "/efs/embed-to-db-similar", body='{"embed": [NaN]}'), 400, "NaN: send GET ?embed=[…]"),
        (http_event("HEAD"), 405, "method HEAD is not allowed"),
        (http_event("GET", "/efs/efs/similar"), 404, "there is no such route"),
        (http_event("GET", "/efs"), 404, "there is no such route"),
        ({"route": 5, "text": "a"}, 404, "there is no such route"),
        (http_event("DELETE"), 405, "method DELETE is not allowed"),
        (http_event("GET", "/efs/nothing"), 404, "there is no such route"),
        (http_event("GET", "/s3/similar"), 404, "there is no such route"),
        (http_event("GET", "/"), 404, "there is no such route"),
        ({"route": "nothing", "text": "a"}, 404, "there is no such route"),
        (["text"], 400, "the event is not a JSON object"),
        (None, 400, "the event is not a JSON object"),
    ],
)
def test_a_wrong_request_is_told_what_to_send(event: object, status: int, words: str) -> None:
    error = refusal(event)
    assert error.status == status
    assert words in str(error)


def test_a_wrong_method_names_the_right_ones() -> None:
    assert refusal(http_event("PUT")).headers == {"Allow": "GET, POST"}


@pytest.mark.parametrize("num", ["three", "", "1.5", None, [], {}, "9" * 5000, "1__0", "_1", "1e1"])
def test_num_that_is_no_integer_gives_aiids_warning_and_the_default(num: object) -> None:
    wanted = request.parse({"text": "a", "num": num}, "efs")
    assert wanted.num == 3
    assert wanted.warnings == ('Provided value for "num" invalid, using default of 3.',)


TEXTS = st.text(" +-_0123456789\t\n\x1f\x85\u2003\u0663\uff11\u00b2a", max_size=8)


@given(TEXTS | st.floats() | st.booleans() | st.integers())
def test_num_is_what_pythons_int_takes_as_aiids_function_does(num: str | float) -> None:
    try:
        oracle = int(num)
    except (ValueError, OverflowError):
        oracle = 3
    assert request.parse({"text": "a", "num": num}, "efs").num == oracle


@pytest.mark.parametrize(("num", "wanted"), [("2.0", 2), ("2.7", 2), ("-0.0", 0), ("1e300", int(1e300)), ("true", 1)])
def test_num_in_json_may_have_a_fraction_which_is_dropped(num: str, wanted: int) -> None:
    event = http_event(body=f'{{"text": "a", "num": {num}}}')
    assert request.parse(event, "efs").num == wanted


def test_num_with_thousands_of_digits_is_json_but_no_number_of_results() -> None:
    wanted = request.parse(http_event(body='{"text": "a", "num": ' + "9" * 5000 + "}"), "efs")
    assert (wanted.num, len(wanted.warnings)) == (3, 1)


def test_num_0_warns_and_below_0_means_all() -> None:
    none = request.parse({"text": "a", "num": 0}, "efs")
    assert none.num == 0
    assert none.warnings[0].startswith("Zero results requested")
    assert request.parse({"text": "a", "num": "-1"}, "efs") == request.Request("similar", text="a", num=-1)


@pytest.mark.parametrize("path", ["/minilm/s3/similar", "/minilm/similar", "/similar"])
def test_a_second_models_prefix_is_its_own_and_its_default(path: str) -> None:
    assert request.parse(http_event(path=path, body='{"text": "a"}'), "minilm/s3").route == "similar"


@pytest.mark.parametrize("path", ["/s3/similar", "/minilm/efs/similar", "/other/s3/similar", "/minilm", "/minilm/s3"])
def test_another_functions_prefix_is_no_route(path: str) -> None:
    with pytest.raises(BadRequest) as caught:
        request.parse(http_event(path=path, body='{"text": "a"}'), "minilm/s3")
    assert caught.value.status == 404


@pytest.mark.parametrize(
    ("event", "route"),
    [
        ({"text": "a"}, "similar"),
        ({"embed": [1]}, "embed-to-db-similar"),
        ({"embed": [1], "text": "a"}, "similar"),
        ({"body": '{"embed": [1]}'}, "embed-to-db-similar"),
        ({"route": "text-to-embed", "text": "a"}, "text-to-embed"),
        ({"route": "text-to-db-similar", "text": "a"}, "text-to-db-similar"),
        ({"route": "health"}, "health"),
        (http_event("GET", "/efs/health", queryStringParameters={"text": ""}), "health"),
        (http_event(path="/text-to-embed", body='{"text": "a"}'), "text-to-embed"),
    ],
)
def test_a_route_is_named_or_follows_from_the_fields(event: object, route: str) -> None:
    assert request.parse(event, "efs").route == route


VECTOR = [0.5, -1e-05, 3, 1.25e300]


def quoted(times: int, value: Any = VECTOR) -> Any:
    for _ in range(times):
        value = json.dumps(value)
    return value


@pytest.mark.parametrize("times", range(11))
def test_embed_is_a_list_or_a_string_that_holds_one_however_often_quoted(times: int) -> None:
    assert request.parse({"embed": quoted(times)}, "efs").embed == tuple(VECTOR)


@pytest.mark.parametrize("text", [repr("[1, 2]"), repr(repr("[1, 2]")), json.dumps(repr("[1, 2]")), " \n[1,2]\t "])
def test_embed_may_be_quoted_as_python_does(text: str) -> None:
    assert request.parse({"embed": text}, "efs").embed == (1, 2)


@pytest.mark.parametrize(
    ("embed", "status", "words"),
    [
        (quoted(11), 400, "embed is quoted more than 10 times"),
        (None, 400, "embed is missing: send"),
        ("", 400, "embed is not JSON"),
        ("'", 400, "embed is not JSON"),
        ("[1, 2", 400, "embed is not JSON"),
        ("[" * 50_000, 400, "embed is not JSON"),
        ("[NaN]", 400, "it has no NaN"),
        ("[Infinity]", 400, "it has no Infinity"),
        ("__import__('os').getcwd()", 400, "embed is not JSON"),
        ("{}", 400, "embed is not a list"),
        (5, 400, "embed is not a list"),
        ({"vector": [1]}, 400, "embed is not a list"),
        ([], 400, "embed is empty"),
        ([1, "2"], 400, "embed[1] is not a number"),
        ([True], 400, "embed[0] is not a number"),
        ([[1]], 400, "embed[0] is not a number"),
        ([1, None], 400, "embed[1] is not a number"),
        ("[1e999]", 400, "embed[0] is not a finite number"),
        ("[" + "9" * 5000 + "]", 400, "embed[0] is not a finite number"),
        ([10**400], 400, "embed[0] is not a finite number"),
        ([float("nan")], 400, "embed[0] is not a finite number"),
        ([0] * (limits.MAX_DIMENSIONS + 1), 413, "at most 16384 numbers"),
        (" " * limits.MAX_EMBED + "1", 413, "at most 262144 characters"),
    ],
)
def test_an_embed_that_is_no_vector_is_told_so(embed: object, status: int, words: str) -> None:
    error = refusal({"route": "embed-to-db-similar", "embed": embed})
    assert error.status == status
    assert words in str(error)


@settings(deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1), st.integers(0, 10))
def test_every_finite_vector_comes_through_bit_for_bit(vector: list[float], times: int) -> None:
    assert request.parse({"embed": quoted(times, vector)}, "efs").embed == tuple(vector)


def test_fields_that_a_route_does_not_read_are_named_and_ignored() -> None:
    wanted = request.parse(http_event(body='{"text": "a", "nun": 5, "embed": "no list"}'), "efs")
    assert (wanted.text, wanted.num, wanted.embed) == ("a", 3, ())
    assert wanted.warnings == ("Fields that this route does not read were ignored: nun, embed. It reads text, num.",)


def test_a_warning_names_only_a_few_and_only_their_beginning() -> None:
    many = {"text": "a", **{f"{n}" * 100: n for n in range(9)}, "\ud800": 1}
    (warning,) = request.parse(many, "efs").warnings
    assert len(warning) < 400
    assert " and 5 more. It reads" in warning


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
PATHS = st.sampled_from([f"{start}/{route}" for start in ("", "/efs") for route in (*ROUTES, "nothing")])
EMBED = JSON | st.lists(st.floats() | st.integers(), max_size=70) | st.lists(st.floats()).map(json.dumps)
FIELDS = st.fixed_dictionaries({}, optional={"text": JSON, "num": JSON, "embed": EMBED, "route": PATHS | JSON})
HTTP = st.fixed_dictionaries({}, optional={"method": st.sampled_from(["GET", "POST", "OPTIONS", "PUT"]) | JSON})
CONTENT = {
    "rawPath": PATHS | JSON,
    "rawQueryString": st.sampled_from(["text=a", "text=a&text=b"]) | JSON,
    "queryStringParameters": FIELDS | JSON,
    "isBase64Encoded": JSON,
    "body": JSON | FIELDS.map(json.dumps) | st.binary().map(lambda b: base64.b64encode(b).decode()),
}
EVENTS = (
    JSON
    | FIELDS
    | st.fixed_dictionaries({}, optional=CONTENT)
    | st.fixed_dictionaries({"requestContext": st.fixed_dictionaries({"http": HTTP}) | JSON}, optional=CONTENT)
)


@settings(max_examples=500, deadline=None)
@given(EVENTS, st.sampled_from(["efs", "s3", "minilm/efs", ""]))
def test_any_event_is_a_request_or_a_4xx(event: object, prefix: str) -> None:
    wanted, status = _outcome(event, prefix)
    if wanted is None:
        assert 400 <= status < 500
        return
    assert wanted.route in ROUTES
    assert bool(wanted.text.strip()) == ("text" in ROUTES[wanted.route].takes)
    assert bool(wanted.embed) == ("embed" in ROUTES[wanted.route].takes)


def _outcome(event: object, prefix: str) -> tuple[request.Request | None, int]:
    try:
        return request.parse(event, prefix), 200
    except BadRequest as error:
        return None, error.status
