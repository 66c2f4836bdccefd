"""The function as its callers meet it: in Lambda's own runtime, behind the HTTP API, on all three storages."""

from __future__ import annotations

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.conftest import Lab

BACKENDS = ("efs", "s3", "oci")
TEXT = "A delivery robot ran over a dog"


def ask(lab: Lab, backend: str, **fields: Any) -> requests.Response:
    return requests.post(f"{lab.url}/{backend}/similar", json={"text": TEXT, **fields}, timeout=60)


def ask_until_loaded(lab: Lab, backend: str, **fields: Any) -> requests.Response:
    """The answer, even if importing torch takes longer than the API waits, because loading continues meanwhile."""
    for _ in range(5):
        answer = ask(lab, backend, **fields)
        if answer.status_code != 503:
            break
    return answer


def force_cold(lab: Lab, backend: str, **variables: str) -> str:
    """Change the function's configuration, as the benchmark does, so that the next invocation meets a new process."""
    client, name = lab.lambda_client(), lab.outputs["backends"][backend]["functionName"]
    nonce = uuid.uuid4().hex
    present = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    new = {**present, "CONFIG_NONCE": nonce, **variables}
    client.update_function_configuration(FunctionName=name, Environment={"Variables": new})
    client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.1})
    return nonce


def test_three_storages_give_the_same_answer(lab: Lab) -> None:
    answers = {backend: ask(lab, backend, num=-1) for backend in BACKENDS}
    assert {answer.status_code for answer in answers.values()} == {200}
    bodies = [answer.json()["body"] for answer in answers.values()]
    assert bodies[0] == bodies[1] == bodies[2]
    assert len(bodies[0]["results"]) == 60
    assert {answer.headers["X-Bundle-Hash"] for answer in answers.values()} == {lab.outputs["bundleHash"]}
    assert [answer.headers["X-Storage-Backend"] for answer in answers.values()] == list(BACKENDS)


@pytest.mark.parametrize("backend", BACKENDS)
def test_both_engines_give_the_same_answer(lab: Lab, backend: str) -> None:
    force_cold(lab, backend, ENGINE="transformers")
    theirs = ask_until_loaded(lab, backend, num=10)
    force_cold(lab, backend, ENGINE="onnx")
    ours = ask(lab, backend, num=10)
    assert (ours.headers["X-Engine"], theirs.headers["X-Engine"]) == ("onnx", "transformers")
    ranked = [[(r["incident_id"], r["similarity"]) for r in a.json()["body"]["results"]] for a in (ours, theirs)]
    assert [i for i, _ in ranked[0]] == [i for i, _ in ranked[1]]
    assert [s for _, s in ranked[0]] == pytest.approx([s for _, s in ranked[1]], abs=1e-5)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_cold_start_is_a_new_process_and_a_warm_one_is_not(lab: Lab, backend: str) -> None:
    before = ask(lab, backend).headers
    nonce = force_cold(lab, backend)
    cold, warm = ask(lab, backend).headers, ask(lab, backend).headers
    assert cold["X-Environment-Id"] != before["X-Environment-Id"]
    assert cold["X-Config-Nonce"] == warm["X-Config-Nonce"] == nonce
    assert (cold["X-Invocation"], warm["X-Invocation"]) == ("1", "2")
    assert warm["X-Environment-Id"] == cold["X-Environment-Id"]
    assert warm["X-Log-Stream"] == cold["X-Log-Stream"] != before["X-Log-Stream"]
    assert "init;dur=" in cold["Server-Timing"]
    assert "init;dur=" not in warm["Server-Timing"]
    assert int(cold["X-Fetched-Bytes"]) > 400_000
    assert warm["X-Fetched-Bytes"] == "0"


@pytest.mark.parametrize("backend", BACKENDS)
def test_parallel_requests_scale_out_to_environments_of_their_own(lab: Lab, backend: str) -> None:
    force_cold(lab, backend)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: ask(lab, backend), range(4)))
    assert {answer.status_code for answer in answers} == {200}
    environments = {answer.headers["X-Environment-Id"] for answer in answers}
    first = [answer for answer in answers if answer.headers["X-Invocation"] == "1"]
    assert len(environments) == len(first) > 1
    assert len({json.dumps(answer.json()["body"]) for answer in answers}) == 1


def test_routes_without_a_prefix_go_to_the_default_backend(lab: Lab) -> None:
    answer = requests.get(f"{lab.url}/similar", params={"text": TEXT}, timeout=60)
    assert answer.status_code == 200
    assert answer.headers["X-Storage-Backend"] == lab.outputs["defaultBackend"]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("GET", "/similar", b"", 400, "text is missing: send"),
        ("POST", "/similar", b'{"text": ""}', 400, "text is empty: send"),
        ("POST", "/similar", b"not JSON", 400, "not JSON: send"),
        ("POST", "/similar", b"\xff\xfe\xfd", 400, "not UTF-8: send"),
        ("POST", "/similar", b'{"text": "' + b"a" * 2_000_000 + b'"}', 413, "too large: at most 1048576 bytes"),
        ("PUT", "/similar", b"", 405, "method PUT is not allowed: send"),
        ("GET", "/elsewhere", b"", 404, "there is no such route; ask for /similar"),
    ],
)
def test_bad_input_is_told_what_to_send(
    lab: Lab, backend: str, method: str, path: str, body: bytes, status: int, words: str
) -> None:
    answer = requests.request(method, f"{lab.url}/{backend}{path}", data=body, timeout=60)
    assert answer.status_code == status
    assert words in answer.json()["message"]


def test_a_body_past_the_apis_limit_never_reaches_the_function(lab: Lab) -> None:
    answer = requests.post(f"{lab.url}/oci/similar", data=b"a" * (10 * 1024 * 1024 + 1), timeout=60)
    assert (answer.status_code, answer.json()) == (413, {"message": "Request Entity Too Large"})
    assert "X-Environment-Id" not in answer.headers


def test_nothing_of_it_ended_an_environment(lab: Lab) -> None:
    before = ask(lab, "oci").headers
    for data in (b"[" * 100_000, b'{"text": "\\ud800"}', b'{"num": 1e999, "text": "x"}', bytes(range(256))):
        assert requests.post(f"{lab.url}/oci/similar", data=data, timeout=60).status_code in (200, 400)
    assert ask(lab, "oci").headers["X-Environment-Id"] == before["X-Environment-Id"]
