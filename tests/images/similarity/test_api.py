"""The routes as AIID's site calls them, the contents of their answers, and what headers and log say about them."""

from __future__ import annotations

import ast
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from similarity.api import answer, fields
from similarity.api.plain_text import to_ascii
from similarity.encoder import EncoderService
from similarity.stores.directory import DirectoryStore
from tests.images.conftest import Context
from tests.images.similarity.api.test_request import http_event

TEXT = "Ein Café in Zürich: der Roboter fiel über einen Gast – “autsch”"
SECURITY = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@pytest.fixture(scope="module")
def service(tiny_bundle: Path) -> EncoderService:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STORAGE_BACKEND", "efs")
        patch.setenv("ENGINE", "onnx")
        patch.setattr("similarity.service.since_process_start", lambda: 0.0)  # pytest may be long at work
        return EncoderService(DirectoryStore(str(tiny_bundle), 4))


@pytest.fixture
def post(service: EncoderService, context: Context) -> Any:
    """POST JSON to a route, as AIID's site does: the status and the envelope."""

    def call(route: str, **sent: Any) -> dict[str, Any]:
        response = service.handle(http_event("POST", f"/efs/{route}", body=json.dumps(sent)), context)
        content: dict[str, Any] = json.loads(response["body"])
        assert content["statusCode"] == response["statusCode"]
        return content

    return call


def as_aiids_site_reads(msg: str) -> list[list[float]]:
    """AIID's site makes JSON of the tuples by changing their brackets."""
    pairs: list[list[float]] = json.loads(re.sub(r"\(", "[", re.sub(r"\)", "]", msg)))
    return pairs


def test_text_to_embed_answers_as_aiids(post: Any, tiny_bundle: Path) -> None:
    content = post("text-to-embed", text=TEXT)
    assert content["statusCode"] == 200
    assert content["msg"] == "Success"
    assert content["multiValueHeaders"] == {}
    assert content["body"].keys() == {"warnings", "embedding"}
    embedding = content["body"]["embedding"]
    assert embedding.keys() == {"vector", "from_text_hash"}
    assert embedding["from_text_hash"] == hashlib.sha1(to_ascii(TEXT).encode(), usedforsecurity=False).hexdigest()
    assert len(embedding["vector"]) == 64
    assert content["body"]["warnings"] == []


def test_an_embedding_has_every_digit_of_float32(post: Any, service: EncoderService) -> None:
    vector = post("text-to-embed", text="A robot arm")["body"]["embedding"]["vector"]
    model = service._loading.model
    assert model
    exact = model.engine.encode(model.tokenizer.encode("A robot arm").ids)
    assert np.array_equal(np.array(vector, np.float32), exact)
    assert vector == exact.tolist()


def test_text_is_embedded_as_its_transliteration(post: Any) -> None:
    plain = post("text-to-embed", text=to_ascii(TEXT))
    assert to_ascii(TEXT) != TEXT
    assert plain["body"]["embedding"] == post("text-to-embed", text=TEXT)["body"]["embedding"]


@pytest.mark.parametrize("num", [1, 5, -1])
def test_the_two_steps_of_aiids_site_end_where_one_step_does(post: Any, num: int) -> None:
    vector = post("text-to-embed", text=TEXT)["body"]["embedding"]["vector"]
    two = post("embed-to-db-similar", embed=json.dumps(vector), num=str(num))
    assert two["body"] == post("text-to-db-similar", text=TEXT, num=num)["body"]
    assert two["body"] == post("similar", text=TEXT, num=num)["body"]


def test_a_search_answers_as_aiids_with_what_to_show_of_each(post: Any) -> None:
    body = post("embed-to-db-similar", embed=[1] * 64, num="4")["body"]
    assert body.keys() == {"warnings", "msg", "best_url", "results"}
    pairs = as_aiids_site_reads(body["msg"])
    assert [list(pair) for pair in ast.literal_eval(body["msg"])] == pairs
    assert pairs == [[result["similarity"], result["incident_id"]] for result in body["results"]]
    assert body["best_url"] == f"https://incidentdatabase.ai/apps/discover?display=details&incident_id={pairs[0][1]}"
    known = {
        line["incident_id"]: line
        for line in map(json.loads, Path("model/bundles/incidents.jsonl").read_text().splitlines())
    }
    for result in body["results"]:
        assert result.keys() == {"incident_id", "similarity", "title", "url", "date"}
        assert result["title"] == known[result["incident_id"]]["title"]
        assert result["date"] == known[result["incident_id"]]["date"]


def test_an_error_has_its_words_where_aiid_and_api_gateway_have_them(post: Any) -> None:
    content = post("embed-to-db-similar", embed="[1, 2")
    assert content["statusCode"] == 400
    assert content["body"] == {"warnings": [], "msg": content["message"]}


def test_a_text_of_characters_that_ascii_cannot_hold_is_warned_of(post: Any) -> None:
    content = post("similar", text="\ue000\ue001")
    assert content["statusCode"] == 200
    assert content["body"]["warnings"] == [
        "Nothing of the text can be written in ASCII: the result is that of an empty text."
    ]


def test_a_text_that_outgrows_the_limit_in_ascii_is_refused(post: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fields, "MAX_TEXT", 100)
    assert post("similar", text="\U0001f600" * 9)["statusCode"] == 200
    content = post("similar", text="\U0001f600" * 50)
    assert (content["statusCode"], content["message"]) == (
        413,
        "text is too large: at most 100 characters, also when written in ASCII",
    )


EVENTS = [
    http_event("GET", "/efs/similar", queryStringParameters={"text": "a"}),
    http_event("GET", "/efs/health"),
    http_event("GET", "/efs/nowhere"),
    http_event("PUT", "/efs/similar"),
    http_event("OPTIONS", "/efs/similar"),
    http_event("POST", "/efs/similar", body="{"),
    {"text": "a"},
    {"embed": [1] * 63},
    [],
]


@pytest.mark.parametrize("event", EVENTS)
def test_every_answer_carries_the_security_headers(service: EncoderService, context: Context, event: Any) -> None:
    headers = service.handle(event, context)["headers"]
    assert {name: headers[name] for name in SECURITY} == SECURITY


def test_the_encoder_function_answers_health_too(service: EncoderService, context: Context) -> None:
    response = service.handle(http_event("GET", "/efs/health"), context)
    body = json.loads(response["body"])["body"]
    assert response["statusCode"] == 200
    assert (body["serves"], body["encoder_loaded"], body["index_loaded"]) == ("encoder", True, True)
    again = service.handle(http_event("GET", "/efs/health"), context)
    assert again["headers"]["X-Fetched-Bytes"] == "0"


def test_health_begins_no_load(tmp_path: Path, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_BACKEND", "efs")
    service = EncoderService(DirectoryStore(str(tmp_path), 4))
    loading = service._loading
    for _ in range(3):
        response = service.handle({"route": "health"}, context)
        assert response["statusCode"] == 503
        assert json.loads(response["body"])["body"]["status"] == "failed"
    assert service._loading is loading


@pytest.mark.parametrize(
    ("event", "route", "status", "tokens"),
    [
        ({"text": "SECRET words"}, "similar", 200, True),
        ({"embed": [1] * 64}, "embed-to-db-similar", 200, False),
        (http_event("GET", "/efs/SECRET"), "", 404, False),
        (http_event("SECRET"), "", 405, False),
        (http_event(body='{"text": "a", "SECRET": 1}'), "similar", 200, True),
        (http_event(body='{"SECRET": NaN}'), "", 400, False),
    ],
)
def test_the_log_has_one_line_a_request_and_nothing_of_the_caller(
    service: EncoderService,
    context: Context,
    capsys: pytest.CaptureFixture[str],
    event: Any,
    route: str,
    status: int,
    tokens: bool,
) -> None:
    context.aws_request_id = "7e57"
    service.handle(event, context)
    (text,) = capsys.readouterr().out.splitlines()
    line = json.loads(text)
    assert "SECRET" not in text
    assert line["event"] == "request"
    assert (line["request_id"], line["route"], line["status"]) == ("7e57", route, status)
    assert (line["backend"], line["serves"], line["level"]) == ("efs", "encoder", "INFO")
    assert line["cold"] == (line["invocation"] == 1)
    assert (line["tokens"] is not None) == tokens
    assert line["phases"]["handler"] > 0
    assert line["problem"] is None


def test_a_fault_of_ours_is_a_500_that_tells_nothing(
    service: EncoderService, context: Context, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("SECRET".title())  # the trace quotes this line, not the error's text

    monkeypatch.setattr(answer, "similar", broken)
    response = service.handle({"text": "a"}, context)
    assert response["statusCode"] == 500
    fault, access = map(json.loads, capsys.readouterr().out.splitlines())
    assert (fault["error"], fault["request_id"]) == ("RuntimeError", context.aws_request_id)
    assert any("encoder.py" in step for step in fault["trace"])
    assert "Secret" not in json.dumps([fault, access, response])
    assert "Traceback" not in response["body"]
    assert ".py" not in response["body"]
    assert access["status"] == 500
