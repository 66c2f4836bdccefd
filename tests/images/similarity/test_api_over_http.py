"""The API as AIID's site and others call it: both functions of each backend, through the HTTP API and directly."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.routes import ROUTES
from similarity.api import answer
from tests.conftest import Lab
from tests.images.similarity.test_over_http import BACKENDS, TEXT, force_cold

HIDDEN = 64  # numbers in a vector of the tiny model


def post(lab: Lab, path: str, **sent: Any) -> requests.Response:
    return requests.post(f"{lab.url}{path}", json=sent, timeout=60)


def invoke(lab: Lab, function: str, event: Any) -> tuple[dict[str, Any], dict[str, Any], str]:
    """A direct invocation: the response, its envelope, and the end of its log."""
    called = lab.lambda_client().invoke(FunctionName=function, Payload=json.dumps(event), LogType="Tail")
    assert "FunctionError" not in called
    response = json.loads(called["Payload"].read())
    return response, json.loads(response["body"]), base64.b64decode(called["LogResult"]).decode()


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_two_steps_of_aiids_site_end_where_one_step_does(lab: Lab, backend: str) -> None:
    embedded = post(lab, f"/{backend}/text-to-embed", text=TEXT)
    assert embedded.status_code == 200
    vector = embedded.json()["body"]["embedding"]["vector"]
    found = post(lab, f"/{backend}/embed-to-db-similar", embed=json.dumps(vector), num="3")
    assert found.status_code == 200
    assert found.json() == post(lab, f"/{backend}/text-to-db-similar", text=TEXT).json()
    assert {"title", "url", "date"} <= found.json()["body"]["results"][0].keys()
    rounded = json.dumps([round(number, 6) for number in vector])
    by_get = requests.get(f"{lab.url}/{backend}/embed-to-db-similar", params={"embed": rounded, "num": 3}, timeout=60)
    assert by_get.json()["body"]["best_url"] == found.json()["body"]["best_url"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_search_and_health_are_cold_without_the_model_and_start_none(lab: Lab, backend: str) -> None:
    encoder = lab.outputs["backends"][backend]["functionName"]
    force_cold(lab, backend)
    index_bytes = None
    for ask in (
        lambda: requests.get(f"{lab.url}/{backend}/health", timeout=60),
        lambda: post(lab, f"/{backend}/embed-to-db-similar", embed=[1] * HIDDEN),
    ):
        restart(lab, f"{encoder}-search")
        answered = ask()
        assert answered.status_code == 200
        assert answered.headers["X-Invocation"] == "1"
        assert answered.headers["X-Storage-Backend"] == backend
        index_bytes = index_bytes or int(answered.headers["X-Fetched-Bytes"])
        assert int(answered.headers["X-Fetched-Bytes"]) == index_bytes < 100_000  # the tiny weights have 400,000
    assert post(lab, f"/{backend}/similar", text=TEXT).headers["X-Invocation"] == "1"


def restart(lab: Lab, function: str) -> None:
    """Change a function's configuration, so that its next invocation meets a new process."""
    client = lab.lambda_client()
    present = client.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    changed = {**present, "CONFIG_NONCE": str(int(present.get("CONFIG_NONCE") or "0") + 1)}
    client.update_function_configuration(FunctionName=function, Environment={"Variables": changed})
    client.get_waiter("function_updated_v2").wait(FunctionName=function, WaiterConfig={"Delay": 0.1})


@pytest.mark.parametrize("backend", BACKENDS)
def test_health_names_what_is_deployed(lab: Lab, backend: str) -> None:
    answered = requests.get(f"{lab.url}/{backend}/health", timeout=60)
    body = answered.json()["body"]
    assert (body["status"], body["backend"], body["serves"]) == ("ok", backend, "search")
    assert body["bundle_hash"] == lab.outputs["bundleHash"]
    assert (body["weights"], body["incidents"]) == ("synthetic", 60)
    assert (body["encoder_loaded"], body["index_loaded"]) == (False, True)


def test_functions_answer_events_with_the_fields_in_them(lab: Lab) -> None:
    encoder = lab.outputs["backends"]["s3"]["functionName"]
    _, by_text, log = invoke(lab, encoder, {"text": TEXT, "num": "1"})
    assert by_text["body"]["results"] == post(lab, "/s3/similar", text=TEXT, num=1).json()["body"]["results"]
    assert TEXT not in log
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert [line["route"] for line in lines if line.get("event") == "request"] == ["similar"]
    _, embedded, _ = invoke(lab, encoder, {"route": "text-to-embed", "text": TEXT})
    vector = embedded["body"]["embedding"]["vector"]
    for function in (encoder, f"{encoder}-search"):
        _, by_vector, _ = invoke(lab, function, {"embed": json.dumps(vector), "num": 1})
        assert by_vector["body"] == by_text["body"]
    response, refused, _ = invoke(lab, f"{encoder}-search", {"text": TEXT})
    assert response["statusCode"] == 404
    assert "/similar is served by the encoder function, whose name has no -search" in refused["message"]


ANY_BYTES = st.binary(max_size=2_000) | st.binary(max_size=200).map(lambda data: b'{"text": "' + data + b'", "num": 1}')
KINDS = st.sampled_from(["application/json", "text/plain", "application/x-www-form-urlencoded", "image/png"])


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(route=st.sampled_from(list(ROUTES)), body=ANY_BYTES, kind=KINDS)
def test_any_bytes_get_an_answer_from_the_same_environment(lab: Lab, route: str, body: bytes, kind: str) -> None:
    url = f"{lab.url}/oci/{route}"
    answered = requests.post(url, data=body, headers={"Content-Type": kind}, timeout=60)
    assert answered.status_code in (200, 400, 405)
    assert answered.json()["statusCode"] == answered.status_code
    again = requests.post(url, data=body, headers={"Content-Type": kind}, timeout=60)
    assert again.headers["X-Environment-Id"] == answered.headers["X-Environment-Id"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/s3/health", 200), ("GET", "/s3/nowhere", 404), ("PUT", "/s3/similar", 405), ("GET", "/s3/similar", 400)],
)
def test_every_answer_carries_the_security_headers(lab: Lab, method: str, path: str, status: int) -> None:
    answered = requests.request(method, lab.url + path, timeout=60)
    assert answered.status_code == status
    assert {name: answered.headers[name] for name in answer.SECURITY} == answer.SECURITY
