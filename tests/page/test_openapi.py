"""The OpenAPI document: valid, true to the code's limits, and true of the functions' answers over HTTP."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, assume, settings
from openapi_spec_validator import OpenAPIV31SpecValidator

from contract import headers, limits
from contract.routes import ROUTES
from contract.storages import NAMES, USUAL_NAMES
from page import handler
from similarity.api import answer, fields
from tests.conftest import Lab

DOCUMENT: dict[str, Any] = json.loads((handler.FILES / "openapi.json").read_text(encoding="utf-8"))
SCHEMAS = DOCUMENT["components"]["schemas"]
LONGEST_URL = 8_000  # characters; the limit of the HTTP API, which refuses longer ones before they reach a function
HIDDEN = 64  # numbers in a vector of the lab's tiny model


def test_the_document_is_openapi_3_1() -> None:
    assert DOCUMENT["openapi"].startswith("3.1.")
    assert list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors()) == []


def test_its_paths_are_the_routes_with_and_without_a_backend() -> None:
    assert set(DOCUMENT["paths"]) == {f"{start}/{route}" for start in ("", "/{backend}") for route in ROUTES}
    for path, item in DOCUMENT["paths"].items():
        methods = tuple(method.upper() for method in item if method != "parameters")
        assert methods == ROUTES[path.rpartition("/")[2]].methods
        assert ("parameters" in item) == path.startswith("/{backend}")
    assert tuple(DOCUMENT["components"]["parameters"]["backend"]["schema"]["enum"]) == NAMES


def test_its_limits_are_the_codes() -> None:
    assert SCHEMAS["TextField"]["maxLength"] == limits.MAX_TEXT
    assert SCHEMAS["Vector"]["maxItems"] == limits.MAX_DIMENSIONS
    assert SCHEMAS["EmbedField"]["oneOf"][1]["maxLength"] == limits.MAX_EMBED
    assert f"quoted up to {fields.MAX_QUOTES} times" in SCHEMAS["EmbedField"]["description"]
    assert SCHEMAS["Num"]["default"] == fields.DEFAULT_NUM
    assert f"{limits.MAX_RESULTS} at most" in SCHEMAS["Num"]["description"]
    results = SCHEMAS["Matches"]["properties"]["body"]["properties"]["results"]
    assert results["maxItems"] == limits.MAX_RESULTS
    bodies = DOCUMENT["components"]["requestBodies"]
    assert {SCHEMAS[name]["maxProperties"] for name in bodies} == {limits.MAX_FIELDS}
    assert limits.MAX_BODY == 1 << 20
    assert all("1 MiB at most" in body["description"] for body in bodies.values())


def test_its_fields_are_those_that_each_route_reads() -> None:
    for path, item in DOCUMENT["paths"].items():
        used = ROUTES[path.rpartition("/")[2]].takes
        query = [named(parameter)["name"] for parameter in item["get"].get("parameters", [])]
        assert tuple(query) == used
        if "post" in item:
            body = named(item["post"]["requestBody"])["content"]["application/json"]["schema"]
            assert tuple(named(body)["properties"]) == used


def test_its_headers_are_the_answers() -> None:
    described = DOCUMENT["components"]["headers"]
    assert {name: described[name]["schema"]["const"] for name in answer.SECURITY} == answer.SECURITY
    assert set(described) - set(answer.SECURITY) == {*headers.WITNESSES, *headers.NOT_ON_DEMAND, headers.RETRY_AFTER}


def named(reference: dict[str, str]) -> dict[str, Any]:
    """The schema that a `$ref` names."""
    found: Any = DOCUMENT
    for part in reference["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return dict(found)


def for_the_lab() -> dict[str, Any]:
    """The document with every backend by name, and with the length that vectors have in the tiny model.

    The limit of texts is left out, because each such text takes seconds; it has its own test.
    """
    document = copy.deepcopy(DOCUMENT)
    paths = document.pop("paths")
    document["paths"] = {
        path.replace("{backend}", backend): {method: item[method] for method in item if method != "parameters"}
        for path, item in paths.items()
        if path.startswith("/{backend}")
        for backend in USUAL_NAMES
    }
    schemas = document["components"]["schemas"]
    schemas["Vector"] |= {"minItems": HIDDEN, "maxItems": HIDDEN}
    del schemas["TextField"]["maxLength"]
    schemas["EmbedField"]["oneOf"].pop()  # no schema says which strings hold a list of 64 numbers
    return document


schema = schemathesis.openapi.from_dict(for_the_lab())


@schema.parametrize()
@settings(max_examples=15, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
def test_every_backend_keeps_to_it(case: schemathesis.Case, lab: Lab) -> None:
    assume(len(url_of(case, lab)) < LONGEST_URL)
    case.call_and_validate(base_url=lab.url, timeout=60)


def url_of(case: schemathesis.Case, lab: Lab) -> str:
    return str(requests.Request(**case.as_transport_kwargs(base_url=lab.url)).prepare().url)


def test_routes_without_a_backend_answer_as_the_default_one_does(lab: Lab) -> None:
    named, default = (
        requests.post(f"{lab.url}{start}/similar", json={"text": "A robot"}, timeout=60)
        for start in (f"/{lab.outputs['defaultBackend']}", "")
    )
    assert (named.json(), named.headers["X-Storage-Backend"]) == (default.json(), default.headers["X-Storage-Backend"])


@pytest.mark.parametrize(("length", "status"), [(limits.MAX_TEXT, 200), (limits.MAX_TEXT + 1, 413)])
def test_a_text_may_have_as_many_characters_as_it_says(lab: Lab, length: int, status: int) -> None:
    answered = requests.post(f"{lab.url}/oci/similar", json={"text": "a" * length}, timeout=60)
    assert answered.status_code == status


def test_an_unknown_backend_is_the_404_of_the_document(lab: Lab) -> None:
    found = requests.get(f"{lab.url}/nowhere/similar", params={"text": "a"}, timeout=60)
    assert found.status_code == 404
    assert found.json()["message"].startswith("there is no such route")


def test_it_is_served_as_it_is(lab: Lab) -> None:
    assert requests.get(f"{lab.url}/openapi.json", timeout=60).json() == DOCUMENT
