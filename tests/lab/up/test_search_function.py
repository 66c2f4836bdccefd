"""A backend's second function answers the requests that need no model, without anything of the model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from contract.storages import USUAL_NAMES
from lab.host.page_cache import fill, resident
from lab.storages.bundle import read_bundle
from tests.conftest import Lab
from tests.lab.support.accounts import wait_until


def named(lab: Lab, backend: str) -> tuple[str, str]:
    backend_outputs = lab.outputs["backends"][backend]
    return backend_outputs["functionName"], backend_outputs["searchFunctionName"]


def make_cold(lab: Lab, name: str) -> None:
    aws = lab.lambda_client()
    timeout = aws.get_function_configuration(FunctionName=name)["Timeout"]
    aws.update_function_configuration(FunctionName=name, Timeout=timeout)
    wait_until(lambda: aws.get_function_configuration(FunctionName=name)["LastUpdateStatus"] == "Successful")


def ask(lab: Lab, request_line: str, **options: Any) -> requests.Response:
    method, path = request_line.split(" ")
    return requests.request(method, f"{lab.url}{path}", timeout=60, **options)


@pytest.mark.parametrize("backend", USUAL_NAMES)
def test_a_cold_search_reads_the_index_alone(lab: Lab, tiny_bundle: Path, backend: str) -> None:
    encoder, search = named(lab, backend)
    width = json.loads((tiny_bundle / "config.json").read_text())["hidden_size"]
    for name in (encoder, search):
        make_cold(lab, name)
    found = ask(lab, f"POST /{backend}/embed-to-db-similar", json={"embed": [0.5] * width, "num": 2})
    assert (found.status_code, found.headers["X-Invocation"]) == (200, "1")
    assert len(found.json()["body"]["results"]) == 2
    index_bytes = sum(path.stat().st_size for path in read_bundle(tiny_bundle).index_files)
    assert 0 < int(found.headers["X-Fetched-Bytes"]) <= index_bytes
    health = ask(lab, f"GET /{backend}/health")
    assert health.headers["X-Environment-Id"] == found.headers["X-Environment-Id"]
    similar = ask(lab, f"GET /{backend}/similar", params={"text": "a dog"})
    assert similar.headers["X-Invocation"] == "1", "nothing had started the encoder function until now"


def test_a_cold_search_leaves_the_encoder_function_warm_and_the_weights_cached(lab: Lab, tiny_bundle: Path) -> None:
    encoder, search = named(lab, "oci")
    variables = lab.lambda_client().get_function_configuration(FunctionName=encoder)["Environment"]["Variables"]
    weights = Path(variables["MODEL_DIR"], "model.safetensors")
    before = ask(lab, "GET /oci/similar", params={"text": "a dog"})
    cached = fill([weights]).after
    make_cold(lab, search)
    assert resident(weights) == cached > 0
    assert sum(map(resident, (weights.parent / path.name for path in read_bundle(tiny_bundle).index_files))) == 0
    after = ask(lab, "GET /oci/similar", params={"text": "a dog"})
    assert after.headers["X-Environment-Id"] == before.headers["X-Environment-Id"]


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        ("PUT /s3/similar", 405),
        ("DELETE /s3/embed-to-db-similar", 405),
        ("DELETE /embed-to-db-similar", 405),
        ("POST /s3/health", 405),
        ("GET /s3/nothing", 404),
        ("GET /nothing", 404),
        ("POST /", 404),
        ("GET /s3", 404),
    ],
)
def test_what_no_route_takes_starts_no_model(lab: Lab, request_line: str, status: int) -> None:
    answer = ask(lab, request_line)
    assert answer.status_code == status
    health = ask(lab, "GET /s3/health")
    assert answer.headers["X-Environment-Id"] == health.headers["X-Environment-Id"]
    assert answer.json()["body"]["msg"]


def test_a_search_function_says_which_one_has_the_rest(lab: Lab) -> None:
    event = {"route": "similar", "text": "a dog"}
    answer = lab.lambda_client().invoke(FunctionName=named(lab, "s3")[1], Payload=json.dumps(event))
    result = json.loads(answer["Payload"].read())
    assert result["statusCode"] == 404
    assert "search" in json.dumps(result)
