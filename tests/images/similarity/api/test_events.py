"""Events of other formats and services: answered by the route that they name, or refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from contract.routes import ROUTES
from similarity.api import request
from similarity.base.errors import BadRequest


def event_1(method: str, path: str, **fields: Any) -> dict[str, Any]:
    """As an HTTP API sends it with payload format 1.0, and a REST API in any case."""
    context = {"httpMethod": method, "path": path, "stage": "$default", "requestId": "r"}
    return {
        "version": "1.0",
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "requestContext": context,
    } | {
        "headers": {},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "body": None,
        "isBase64Encoded": False,
        **fields,
    }


def refusal(event: object) -> BadRequest:
    with pytest.raises(BadRequest) as caught:
        request.parse(event, "s3")
    return caught.value


@pytest.mark.parametrize("prefix", ["", "/s3"])
@pytest.mark.parametrize("route", ROUTES.values(), ids=list(ROUTES))
def test_payload_1_is_answered_by_the_route_of_its_path(route: Any, prefix: str) -> None:
    given = {"text": "a lift stopped", "embed": "[1.5]"}
    query = {name: value for name, value in given.items() if name in route.takes}
    event = event_1("GET", f"{prefix}/{route.name}", queryStringParameters=query)
    assert request.parse(event, "s3").route == route.name


def test_payload_1_keeps_method_path_and_the_number_of_values() -> None:
    assert refusal(event_1("GET", "/unknown")).status == 404
    assert refusal(event_1("PUT", "/similar")).status == 405
    twice = {"queryStringParameters": {"text": "b"}, "multiValueQueryStringParameters": {"text": ["a", "b"]}}
    assert "text is given twice" in str(refusal(event_1("GET", "/similar", **twice)))
    assert request.preflight(event_1("OPTIONS", "/s3/health"), "s3") == ("GET",)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"requestContext": {"elb": {}}, "httpMethod": "GET", "path": "/similar"}, "load balancer"),
        ({"Records": [{"eventSource": "aws:sqs", "body": "x"}]}, "queue"),
        ({"version": "0", "detail-type": "Scheduled Event", "source": "aws.events"}, "EventBridge"),
        ({"requestContext": {"connectionId": "c", "eventType": "MESSAGE"}, "body": "{}"}, "other than an HTTP API"),
        ({"warmer": True}, "names no route"),
        ({}, "names no route"),
    ],
)
def test_events_of_other_services_are_named_and_not_told_to_send_a_query(event: object, words: str) -> None:
    said = str(refusal(event))
    assert words in said
    assert "?text=" not in said
