"""A second model beside the first one: its own routes, weights and index, over the lab's HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import requests

from contract import bundle as files
from tests.conftest import Lab

TEXT = "A self-driving car struck a pedestrian"


def ask(lab: Lab, path: str) -> requests.Response:
    return requests.get(f"{lab.url}{path}", params={"text": TEXT, "num": "-1"}, timeout=60)


def results(reply: requests.Response) -> list[dict[str, Any]]:
    assert reply.status_code == 200, reply.text
    found: list[dict[str, Any]] = reply.json()["body"]["results"]
    return found


def test_each_model_answers_on_its_own_routes(two_models: Lab, tiny_bundle: Path, minilm: Path) -> None:
    for prefix, directory, weights in (("", tiny_bundle, "synthetic"), ("/minilm", minilm, "package")):
        bundle = json.loads((directory / files.MANIFEST).read_text())["source_hash"]
        for path in (f"{prefix}/s3/similar", f"{prefix}/similar"):
            reply = ask(two_models, path)
            assert len(results(reply)) == 60, path
            assert (reply.headers["X-Bundle-Hash"], reply.headers["X-Weights"]) == (bundle, weights), path


def test_the_models_disagree(two_models: Lab) -> None:
    first, second = results(ask(two_models, "/s3/similar")), results(ask(two_models, "/minilm/s3/similar"))
    assert [r["incident_id"] for r in first] != [r["incident_id"] for r in second]
    assert second[0]["incident_id"] == 4


def test_a_vector_of_one_model_is_searched_by_its_own_search_function_only(two_models: Lab) -> None:
    reply = requests.get(f"{two_models.url}/minilm/s3/text-to-embed", params={"text": TEXT}, timeout=60)
    vector = reply.json()["body"]["embedding"]["vector"]
    assert len(vector) == 384
    ours = requests.post(
        f"{two_models.url}/minilm/s3/embed-to-db-similar", json={"embed": vector, "num": 1}, timeout=60
    )
    assert results(ours)[0]["incident_id"] == 4
    theirs = requests.post(f"{two_models.url}/s3/embed-to-db-similar", json={"embed": vector, "num": 1}, timeout=60)
    assert theirs.status_code == 400
    assert "64" in theirs.json()["body"]["msg"]


def test_health_tells_the_models_apart(two_models: Lab, tiny_bundle: Path, minilm: Path) -> None:
    for path, directory in (("/s3/health", tiny_bundle), ("/minilm/s3/health", minilm)):
        health = requests.get(f"{two_models.url}{path}", timeout=60)
        assert health.status_code == 200
        assert json.loads((directory / files.MANIFEST).read_text())["source_hash"] in health.text
