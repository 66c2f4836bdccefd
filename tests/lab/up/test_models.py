"""A second model beside the first: functions, storages and routes of its own on every backend."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from contract import bundle as files
from contract.storages import USUAL_NAMES
from tests.lab.support.accounts import owner, wait_until
from tests.lab.support.left import left_over
from tests.support.labs import read_outputs, started

MARK = "(the other model's)"


def other_bundle(bundle: Path, out: Path) -> Path:
    """A bundle that can be told by its titles and its hash; all else is the first one's."""
    shutil.copytree(bundle, out)
    incidents = [json.loads(line) for line in (out / files.INCIDENTS).read_text().splitlines()]
    data = "".join(json.dumps({**one, "title": f"{one['title']} {MARK}"}) + "\n" for one in incidents).encode()
    (out / files.INCIDENTS).write_bytes(data)
    facts = json.loads((out / files.MANIFEST).read_text())
    facts["files"][files.INCIDENTS] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    facts["source_hash"] = files.source_hash({name: files.File(**file) for name, file in facts["files"].items()})
    (out / files.MANIFEST).write_text(json.dumps(facts))
    return out


@pytest.fixture(scope="module")
def outputs(tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The outputs of a lab with two models."""
    tmp = tmp_path_factory.mktemp("models")
    other = other_bundle(tiny_bundle, tmp / "bundle")
    with started(tiny_bundle, tmp, "--json", "--model", f"other={other}") as process:
        yield read_outputs(process)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    wait_until(lambda: left_over(tmp) == [])


def similar(outputs: dict[str, Any], path: str) -> requests.Response:
    query = {"text": "a robot ran over a dog", "num": "2"}
    return requests.get(f"{outputs['apiUrl']}{path}/similar", params=query, timeout=60)


def titles(answer: requests.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["title"] for item in answer.json()["body"]["results"]]


@pytest.mark.parametrize("backend", [*USUAL_NAMES, ""])
def test_each_model_answers_below_its_own_path(outputs: dict[str, Any], backend: str) -> None:
    below = f"/{backend}" if backend else ""
    first, other = similar(outputs, below), similar(outputs, f"/other{below}")
    assert [f"{title} {MARK}" for title in titles(first)] == titles(other)
    assert first.headers["X-Bundle-Hash"] == outputs["bundleHash"]
    assert other.headers["X-Bundle-Hash"] == outputs["models"]["other"]["bundleHash"] != outputs["bundleHash"]
    assert other.headers["X-Storage-Backend"] == first.headers["X-Storage-Backend"] == (backend or "s3")


@pytest.mark.parametrize("backend", ["efs", ""])
def test_each_model_has_a_search_function(outputs: dict[str, Any], backend: str) -> None:
    path = f"{outputs['apiUrl']}/other{f'/{backend}' if backend else ''}"
    embedded = requests.get(f"{path}/text-to-embed", params={"text": "a dog"}, timeout=60).json()["body"]["embedding"]
    found = requests.post(f"{path}/embed-to-db-similar", json={"embed": embedded["vector"], "num": 1}, timeout=60)
    assert titles(found)[0].endswith(MARK)
    health = requests.get(f"{path}/health", timeout=60)
    assert health.status_code == 200
    names = {answer.headers["X-Environment-Id"] for answer in (found, health)}
    assert len(names) == 1, "both are of the search function"


def test_outputs_name_the_functions_of_each_model(outputs: dict[str, Any]) -> None:
    aws = owner("lambda", outputs)
    for backend in USUAL_NAMES:
        named = outputs["models"]["other"]["backends"][backend]
        assert named["functionName"] == f"model-storage-other-{backend}"
        assert named["searchFunctionName"] == f"model-storage-other-{backend}-search"
        assert named["logGroup"] == f"/aws/lambda/model-storage-other-{backend}"
        assert named["storage"] == outputs["backends"][backend]["storage"]
        assert f"{outputs['apiUrl']}/other/{backend}/similar" in named["curl"]
        for name in (named["functionName"], named["searchFunctionName"]):
            variables = aws.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
            assert (variables["STORAGE_BACKEND"], variables["ROUTE_PREFIX"]) == (backend, f"other/{backend}")


def test_a_cold_start_of_one_model_leaves_the_other_warm(outputs: dict[str, Any]) -> None:
    aws = owner("lambda", outputs)
    similar(outputs, "/efs"), similar(outputs, "/other/efs")
    before = int(similar(outputs, "/efs").headers["X-Invocation"])
    aws.update_function_configuration(FunctionName="model-storage-other-efs", Timeout=30)
    assert similar(outputs, "/other/efs").headers["X-Invocation"] == "1"
    assert int(similar(outputs, "/efs").headers["X-Invocation"]) == before + 1
