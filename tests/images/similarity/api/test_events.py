"""Events of other formats and services: answered by the route that they name, or refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from contract.routes import ROUTES
from similarity.api import request
from similarity.base.errors import BadRequest
from tests.images.support.events import CASES, of_1


def refusal(event: object) -> BadRequest:
    with pytest.raises(BadRequest) as caught:
        request.parse(event, "s3")
    return caught.value


@pytest.mark.parametrize("prefix", ["", "/s3"])
@pytest.mark.parametrize("route", ROUTES.values(), ids=list(ROUTES))
def test_payload_1_is_answered_by_the_route_of_its_path(route: Any, prefix: str) -> None:
    given = {"text": "a lift stopped", "embed": "[1.5]"}
    query = {name: value for name, value in given.items() if name in route.takes}
    event = of_1("GET", f"{prefix}/{route.name}", queryStringParameters=query)
    assert request.parse(event, "s3").route == route.name


def test_payload_1_keeps_method_path_and_the_number_of_values() -> None:
    assert refusal(of_1("GET", "/unknown")).status == 404
    assert refusal(of_1("PUT", "/similar")).status == 405
    twice = {"queryStringParameters": {"text": "b"}, "multiValueQueryStringParameters": {"text": ["a", "b"]}}
    assert "text is given twice" in str(refusal(of_1("GET", "/similar", **twice)))
    assert request.preflight(of_1("OPTIONS", "/s3/health"), "s3") == ("GET",)


@pytest.mark.parametrize("name", CASES)
def test_an_event_asks_for_its_route_or_is_refused_by_name(name: str) -> None:
    case = CASES[name]
    if case.route:
        assert request.parse(case.event, "s3").route == case.route
        return
    assert case.refused in str(refusal(case.event))


def test_only_those_who_can_send_a_query_are_told_to() -> None:
    for name, case in CASES.items():
        if case.refused and not name.startswith(("1.0", "2.0", "direct")):
            assert "?text=" not in str(refusal(case.event)), name
