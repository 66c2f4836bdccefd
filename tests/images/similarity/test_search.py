"""The search function: nearest incidents of a vector, read from the index alone, and its state."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from contract.limits import MAX_RESULTS
from similarity import service as service_module
from similarity.api import answer
from similarity.bundle.ranking import Match
from similarity.encoder import EncoderService
from similarity.function import serve
from similarity.search import SearchService
from similarity.service import Service
from similarity.stores.bucket import BucketStore
from similarity.stores.directory import DirectoryStore
from tests.conftest import Lab
from tests.images.conftest import Context

INDEX_FILES = ("manifest.json", "incidents.safetensors", "incidents.jsonl")


@pytest.fixture(autouse=True)
def backend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_BACKEND", "s3")
    monkeypatch.setenv("SERVES", "search")


@pytest.fixture
def index_only(tiny_bundle: Path, tmp_path: Path) -> Path:
    """A store in which only the index is left."""
    for name in INDEX_FILES:
        shutil.copyfile(tiny_bundle / name, tmp_path / name)
    return tmp_path


def started(directory: Path) -> Service[Any]:
    return serve(DirectoryStore(str(directory), 4))


def ask(service: Service[Any], event: dict[str, Any], context: Context) -> tuple[dict[str, Any], dict[str, Any]]:
    response = service.handle(event, context)
    return response, json.loads(response["body"])


def vectors_of(bundle: Path) -> tuple[np.ndarray, np.ndarray]:
    """Ids and mean vectors, read by the format's own library."""
    from safetensors.numpy import load_file

    tensors = load_file(bundle / "incidents.safetensors")
    return tensors["ids"], tensors["vectors"]


def test_it_reads_the_index_and_nothing_else(index_only: Path, context: Context) -> None:
    ids, vectors = vectors_of(index_only)
    service = started(index_only)
    response, content = ask(service, {"embed": vectors[7].tolist(), "num": 1}, context)
    assert response["statusCode"] == 200
    assert content["body"]["results"][0]["incident_id"] == ids[7]
    assert content["body"]["results"][0]["similarity"] == pytest.approx(1, abs=1e-6)
    assert int(response["headers"]["X-Fetched-Bytes"]) == sum(
        (index_only / name).stat().st_size for name in INDEX_FILES
    )
    assert response["headers"]["X-Bundle-Hash"] == json.loads((index_only / "manifest.json").read_text())["source_hash"]
    assert {"import", "fetch", "load", "rank", "init"} <= {
        part.partition(";")[0] for part in response["headers"]["Server-Timing"].split(", ")
    }


def test_a_bucket_serves_it_as_a_directory_does(
    lab: Lab, bucket: tuple[str, str], index_only: Path, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", bucket[0])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    event = {"embed": [1.0] * vectors_of(index_only)[1].shape[1], "num": -1}
    _, there = ask(serve(BucketStore(bucket[1], lab.outputs["bundleHash"])), event, context)
    _, here = ask(started(index_only), event, context)
    assert there == here


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    vector=arrays.arrays(np.float64, 64, elements=st.floats(-1e6, 1e6, width=32)).filter(lambda v: v.any()),
    exponent=st.integers(-900, 900),
)
def test_any_vectors_similarities_are_its_cosines(
    tiny_bundle: Path, context: Context, vector: np.ndarray, exponent: int
) -> None:
    """At every length, even if squares exceed float32 or float64, compared with a plain float64 computation."""
    ids, vectors = vectors_of(tiny_bundle)
    unit = vector / np.abs(vector).max()
    cosines = vectors.astype(np.float64) @ unit / np.linalg.norm(unit) / np.linalg.norm(vectors, axis=1)
    wanted = dict(zip(ids.tolist(), cosines.tolist(), strict=True))
    sent = np.ldexp(unit, exponent).tolist()
    _, content = ask(_one_service(tiny_bundle), {"embed": sent, "num": -1}, context)
    assert {r["incident_id"]: r["similarity"] for r in content["body"]["results"]} == pytest.approx(wanted, abs=1e-5)


_services: list[Service[Any]] = []


def _one_service(bundle: Path) -> Service[Any]:
    if not _services:
        _services.append(started(bundle))
    return _services[0]


def test_a_vector_of_zeros_has_no_direction(tiny_bundle: Path, context: Context) -> None:
    _, content = ask(started(tiny_bundle), {"embed": [0] * 64}, context)
    assert content["body"]["warnings"] == ["All numbers of embed are 0: it has no direction, every similarity is 0."]
    assert {result["similarity"] for result in content["body"]["results"]} == {0}


@pytest.mark.parametrize("length", [1, 63, 65])
def test_a_vector_of_another_length_is_refused(tiny_bundle: Path, context: Context, length: int) -> None:
    response, content = ask(started(tiny_bundle), {"embed": [1] * length}, context)
    assert response["statusCode"] == 400
    assert f"embed has {length} numbers, the vectors of" in content["message"]
    assert content["message"].endswith("have 64")


@pytest.mark.parametrize("route", ["similar", "text-to-embed", "text-to-db-similar"])
def test_other_routes_are_said_to_be_elsewhere(index_only: Path, context: Context, route: str) -> None:
    response, content = ask(started(index_only), {"route": route, "text": "a"}, context)
    assert response["statusCode"] == 404
    assert content["message"] == (
        "this function serves /embed-to-db-similar and /health; "
        f"/{route} is served by the encoder function, whose name has no -search "
        "(over HTTP: exactly that path, with no slash at the end)"
    )


def halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("name", INDEX_FILES)
@pytest.mark.parametrize("damage", [halve, Path.unlink])
@pytest.mark.parametrize("event", [{"embed": [1] * 64}, {"route": "health"}])
def test_a_damaged_index_gives_503_until_it_is_mended(
    index_only: Path, context: Context, name: str, damage: Any, event: dict[str, Any]
) -> None:
    whole = (index_only / name).read_bytes()
    damage(index_only / name)
    service = started(index_only)
    for _ in range(2):
        response, content = ask(service, event, context)
        assert response["statusCode"] == 503
        assert name in content["message"]
        assert str(index_only) not in response["body"]
    (index_only / name).write_bytes(whole)
    assert ask(service, event, context)[0]["statusCode"] == 200


def hash_without_the_index(manifest: dict[str, Any]) -> str:
    """The hash that two bundles of one model share: the manifest's own rule for all files, and the limit of tokens."""
    files = sorted(item for item in manifest["files"].items() if item[0] not in INDEX_FILES)
    lines = "".join(f"{name} {file['size']} {file['sha256']}\n" for name, file in files)
    model = hashlib.sha256(lines.encode()).hexdigest()
    return hashlib.sha256(f"{model} {manifest['max_tokens']}".encode()).hexdigest()


def test_health_says_what_is_there(index_only: Path, context: Context) -> None:
    response, content = ask(started(index_only), {"route": "health"}, context)
    manifest = json.loads((index_only / "manifest.json").read_text())
    assert response["statusCode"] == 200
    assert content["body"] == {
        "warnings": [],
        "msg": "ok",
        "status": "ok",
        "backend": "s3",
        "serves": "search",
        "engine": "onnx",
        "model": manifest["model"],
        "revision": manifest["revision"],
        "bundle_hash": manifest["source_hash"],
        "model_hash": hash_without_the_index(manifest),
        "weights": "synthetic",
        "precision": "fp32",
        "origin": "",
        "incidents": 60,
        "title": "AI Incident Database",
        "transliterates": True,
        "encoder_loaded": False,
        "index_loaded": True,
    }


def test_without_the_variable_it_is_the_encoder_function(
    tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch, context: Context
) -> None:
    assert isinstance(started(tiny_bundle), SearchService)
    monkeypatch.delenv("SERVES")
    assert isinstance(started(tiny_bundle), EncoderService)


def test_another_value_of_the_variable_is_refused(index_only: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVES", "Search")
    with pytest.raises(ValueError, match="SERVES is 'Search': set it to search, or leave it out"):
        started(index_only)


def test_no_answer_outgrows_what_lambda_passes_on() -> None:
    many = [Match(n, 0.5, "\U0001f600" * 2_000, "u" * 100, "2020-01-01") for n in range(MAX_RESULTS)]
    shown = many[: answer.passable(many)]
    assert 0 < len(shown) < len(many)
    response = answer.response(answer.similar(shown, None, []), {})
    assert len(json.dumps(response)) < 6_000_000
    assert answer.passable(many[:10]) == 10


def test_an_index_that_takes_longer_than_init_is_waited_for(
    index_only: Path, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()
    read = DirectoryStore.read

    def held(self: DirectoryStore, name: str) -> bytes:
        go.wait()
        return read(self, name)

    monkeypatch.setattr(DirectoryStore, "read", held)
    monkeypatch.setattr(service_module, "INIT_BUDGET", 0.1)
    service = started(index_only)
    _, content = ask(service, {"route": "health"}, context)
    assert (content["statusCode"], content["body"]["status"], content["body"]["incidents"]) == (200, "loading", None)
    context.remaining = 1_100  # leaves 0.1 s to wait
    response, content = ask(service, {"embed": [1] * 64}, context)
    assert (response["statusCode"], response["headers"]["Retry-After"]) == (503, "1")
    assert content["message"] == "the incident index is still being loaded; ask again"
    go.set()
    context.remaining = 30_000
    assert ask(service, {"embed": [1] * 64}, context)[0]["statusCode"] == 200
    assert ask(service, {"route": "health"}, context)[1]["body"]["status"] == "ok"
