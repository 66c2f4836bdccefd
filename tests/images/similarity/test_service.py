"""The handler over real files: its answers, what it proves about itself, and how it fails and recovers."""

from __future__ import annotations

import ast
import hashlib
import json
import math
import re
import shutil
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.bundle import FORMAT, File, source_hash
from similarity import search
from similarity import service as service_module
from similarity.bundle import safetensors_header
from similarity.encoder import EncoderService
from similarity.search import SearchService
from similarity.service import Service
from similarity.stores.directory import DirectoryStore, FileWeights
from tests.images.conftest import Context
from tests.images.similarity.api.test_request import EVENTS, http_event


@pytest.fixture(autouse=True)
def backend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_BACKEND", "efs")
    monkeypatch.setenv("CONFIG_NONCE", "n1")
    monkeypatch.setenv("ENGINE", "onnx")


@pytest.fixture
def bundle(tiny_bundle: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))


def ask(service: EncoderService, context: Context, **fields: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    response = service.handle({"text": "A robot arm hit a worker", **fields}, context)
    content = json.loads(response["body"])
    assert content["statusCode"] == response["statusCode"]
    return response, content


def timing(response: dict[str, Any]) -> dict[str, float]:
    return {name: float(ms) for name, ms in re.findall(r"(\w+);dur=([\d.]+)", response["headers"]["Server-Timing"])}


def test_an_answer_is_aiids_envelope_with_results(tiny_bundle: Path, context: Context) -> None:
    response, content = ask(EncoderService(DirectoryStore(str(tiny_bundle), 4)), context)
    assert response["statusCode"] == 200
    body = content["body"]
    assert body["warnings"] == []
    pairs = ast.literal_eval(body["msg"])
    assert len(pairs) == 3
    assert pairs == [(r["similarity"], r["incident_id"]) for r in body["results"]]
    assert pairs == sorted(pairs, reverse=True)
    assert body["best_url"].endswith(f"incident_id={pairs[0][1]}")
    assert body["results"][0]["url"] == f"https://incidentdatabase.ai/cite/{pairs[0][1]}"
    assert body["results"][0]["title"]


@pytest.mark.parametrize("engine", ["onnx", "transformers"])
def test_an_incident_finds_itself(
    tiny_bundle: Path, context: Context, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENGINE", engine)
    text = json.loads(Path("model/bundles/incidents.jsonl").read_text().splitlines()[7])
    response, content = ask(EncoderService(DirectoryStore(str(tiny_bundle), 4)), context, text=text["text"], num=1)
    assert response["headers"]["X-Engine"] == engine
    assert content["body"]["results"][0]["incident_id"] == text["incident_id"]
    assert content["body"]["results"][0]["similarity"] == pytest.approx(1, abs=1e-5)


def test_witnesses_and_phases_of_a_cold_and_a_warm_invocation(tiny_bundle: Path, context: Context) -> None:
    service = EncoderService(DirectoryStore(str(tiny_bundle), 4))
    cold, warm = (ask(service, context)[0] for _ in range(2))
    manifest = json.loads((tiny_bundle / "manifest.json").read_text())
    for number, headers in ((1, cold["headers"]), (2, warm["headers"])):
        assert headers["X-Invocation"] == str(number)
        assert headers["X-Config-Nonce"] == "n1"
        assert headers["X-Storage-Backend"] == "efs"
        assert headers["X-Bundle-Hash"] == manifest["source_hash"]
        assert headers["X-Weights"] == "synthetic"
        assert headers["X-Request-Id"] == context.aws_request_id
    assert cold["headers"]["X-Environment-Id"] == warm["headers"]["X-Environment-Id"]
    other = EncoderService(DirectoryStore(str(tiny_bundle), 4)).handle({"text": "a"}, context)
    assert other["headers"]["X-Environment-Id"] != cold["headers"]["X-Environment-Id"]
    always = {"wait", "tokenize", "encode", "rank", "handler"}
    assert set(timing(cold)) == always | {"boot", "init", "idle", "import", "fetch", "load"}
    assert set(timing(warm)) == always
    assert timing(cold)["handler"] >= timing(cold)["encode"] + timing(cold)["rank"]
    assert int(cold["headers"]["X-Fetched-Bytes"]) > 400_000
    assert warm["headers"]["X-Fetched-Bytes"] == "0"


def test_a_long_text_is_cut_with_a_warning_that_gives_both_lengths(tiny_bundle: Path, context: Context) -> None:
    response, content = ask(EncoderService(DirectoryStore(str(tiny_bundle), 4)), context, text="word " * 3000)
    assert response["statusCode"] == 200
    (warning,) = content["body"]["warnings"]
    assert "the model reads 1024" in warning
    assert int(warning.split()[3]) > 3000


@pytest.mark.parametrize(("path", "allowed"), [("/efs/similar", "GET, POST"), ("/efs/health", "GET")])
def test_a_preflight_is_answered_without_a_model(tmp_path: Path, context: Context, path: str, allowed: str) -> None:
    service = EncoderService(DirectoryStore(str(tmp_path), 4))
    answer = service.handle(http_event("OPTIONS", path), context)
    assert (answer["statusCode"], answer["headers"]["Allow"], "body" in answer) == (204, allowed, False)
    assert service.handle(http_event("OPTIONS", "/efs/nowhere"), context)["statusCode"] == 404


@pytest.mark.parametrize("num", [0, 2, -1])
def test_num_says_how_many(tiny_bundle: Path, context: Context, num: int) -> None:
    _, content = ask(EncoderService(DirectoryStore(str(tiny_bundle), 4)), context, num=num)
    assert len(content["body"]["results"]) == (60 if num < 0 else num)


SMALL = [
    "tokenizer.json",
    "encoder.onnx",
    "encoder_long.onnx",
    "incidents.safetensors",
    "incidents.jsonl",
]


def flip_last_byte(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def damage_header(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"F32"', b'"I32"', 1))


@pytest.mark.parametrize(
    ("name", "damage", "reason"),
    [
        *((name, Path.unlink, "is missing") for name in [*SMALL, "manifest.json", "model.safetensors"]),
        *((name, cut, "bytes long, the manifest says") for name in [*SMALL, "model.safetensors"]),
        *((name, flip_last_byte, "is damaged: its sha256 is not the manifest's") for name in SMALL),
        ("manifest.json", cut, "is damaged"),
        ("model.safetensors", damage_header, "its header is not the one in the manifest"),
    ],
)
def test_a_damaged_store_gives_503_and_recovers(
    bundle: Path, tiny_bundle: Path, context: Context, name: str, damage: Any, reason: str
) -> None:
    damage(bundle / name)
    if name == "manifest.json" and damage is cut:
        (bundle / name).write_text((bundle / name).read_text()[:100])
    service = EncoderService(DirectoryStore(str(bundle), 4))
    for _ in range(2):
        response, content = ask(service, context)
        assert response["statusCode"] == 503
        assert name in content["message"]
        assert reason in content["message"]
        assert str(bundle) not in response["body"]
        assert response["headers"]["Retry-After"] == "1"
    shutil.copyfile(tiny_bundle / name, bundle / name)
    assert ask(service, context)[0]["statusCode"] == 200


def list_files(bundle: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a manifest's entries for its files so that it remains valid, and names no model of its index."""
    path = bundle / "manifest.json"
    fields = json.loads(path.read_text())
    change(fields["files"])
    fields["source_hash"] = source_hash({name: File(**file) for name, file in fields["files"].items()})
    fields["embedded_by"] = ""
    path.write_text(json.dumps(fields))


def test_a_manifest_without_weights_says_so(bundle: Path, context: Context) -> None:
    list_files(bundle, lambda listed: listed.pop("model.safetensors"))
    response, content = ask(EncoderService(DirectoryStore(str(bundle), 4)), context)
    assert (response["statusCode"], content["body"]["msg"]) == (
        503,
        "model file model.safetensors is not in the manifest; repair the store; the next request tries again",
    )


def test_a_tokenizer_that_the_library_refuses_is_named(bundle: Path, context: Context) -> None:
    (bundle / "tokenizer.json").write_bytes(b"{}")
    entry = {"size": 2, "sha256": hashlib.sha256(b"{}").hexdigest()}
    list_files(bundle, lambda listed: listed.update({"tokenizer.json": entry}))
    response, content = ask(EncoderService(DirectoryStore(str(bundle), 4)), context)
    assert response["statusCode"] == 503
    assert "model file tokenizer.json is not a tokenizer" in content["message"]


def test_another_bundle_format_says_so(bundle: Path, context: Context) -> None:
    manifest = json.loads((bundle / "manifest.json").read_text())
    (bundle / "manifest.json").write_text(json.dumps({**manifest, "format": FORMAT + 1}))
    response, content = ask(EncoderService(DirectoryStore(str(bundle), 4)), context)
    assert response["statusCode"] == 503
    assert f"has format {FORMAT + 1}, this program reads format {FORMAT}" in content["message"]


def test_init_never_waits_longer_than_its_budget_and_the_invocation_waits_for_the_rest(
    tiny_bundle: Path, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch = FileWeights.fetch

    def slow(self: FileWeights, ranges: Any) -> None:
        time.sleep(0.8)
        fetch(self, ranges)

    monkeypatch.setattr(FileWeights, "fetch", slow)
    monkeypatch.setattr(service_module, "INIT_BUDGET", 0.1)
    service = EncoderService(DirectoryStore(str(tiny_bundle), 4))
    context.remaining = 1_100  # leaves 0.1 s to wait: too short
    response, content = ask(service, context)
    assert response["statusCode"] == 503
    assert "still being loaded" in content["message"]
    context.remaining = 30_000
    response, _ = ask(service, context)
    assert response["statusCode"] == 200
    assert timing(response)["wait"] > 0


def test_weights_that_are_no_numbers_are_named(bundle: Path, context: Context) -> None:
    """Sizes and header are right, one value is not: a cold start computes no checksum of 595 MB."""
    header = safetensors_header.parse((bundle / "model.safetensors").read_bytes())
    tensor = header.tensors["encoder.layer.1.output.dense.bias"]
    with (bundle / "model.safetensors").open("r+b") as file:
        file.seek(tensor.offset)
        file.write(struct.pack("<f", math.nan))
    response, content = ask(EncoderService(DirectoryStore(str(bundle), 4)), context)
    assert response["statusCode"] == 503
    assert "model.safetensors is damaged: the encoder's answer is not a number" in content["message"]


def test_an_answer_never_outgrows_what_lambda_passes_on(
    tiny_bundle: Path, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MAX_RESULTS", 50)
    service = EncoderService(DirectoryStore(str(tiny_bundle), 4))
    for num in (-1, 60):
        _, content = ask(service, context, num=num)
        assert len(content["body"]["results"]) == 50
        assert content["body"]["warnings"] == ["The index has 60 incidents; the nearest 50 are given."]
    assert ask(service, context, num=50)[1]["body"]["warnings"] == []


def test_an_unknown_engine_is_named(tiny_bundle: Path, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENGINE", "abacus")
    response, content = ask(EncoderService(DirectoryStore(str(tiny_bundle), 4)), context)
    assert response["statusCode"] == 503
    assert content["message"] == "there is no engine 'abacus': set ENGINE to onnx or transformers"


def test_an_engine_that_the_image_lacks_is_named(
    tiny_bundle: Path, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.import_module", _no_torch)
    monkeypatch.setenv("ENGINE", "transformers")
    response, content = ask(EncoderService(DirectoryStore(str(tiny_bundle), 4)), context)
    assert response["statusCode"] == 503
    assert "needs torch, which this image lacks: build it with ENGINE=transformers" in content["message"]


def _no_torch(name: str) -> None:
    raise ModuleNotFoundError(f"No module named 'torch' ({name})", name="torch")


BOTH = (EncoderService, SearchService)


@pytest.mark.parametrize("kind", BOTH)
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(event=EVENTS)
def test_nothing_a_client_sends_gives_a_500(
    tiny_bundle: Path, context: Context, kind: type[Service[Any]], event: object
) -> None:
    service = _one_service(kind, tiny_bundle)
    response = service.handle(event, context)
    assert response["statusCode"] in (200, 204, 400, 404, 405, 413)
    json.dumps(response, allow_nan=False).encode()
    if response["statusCode"] == 204:
        return
    content = json.loads(response["body"])
    assert {"isBase64Encoded", "statusCode", "headers", "multiValueHeaders", "body"} <= content.keys()
    assert content["statusCode"] == response["statusCode"]
    assert isinstance(content["body"]["warnings"], list)
    assert ("message" in content) == (response["statusCode"] != 200)


_services: dict[type[Service[Any]], Service[Any]] = {}


def _one_service(kind: type[Service[Any]], bundle: Path) -> Service[Any]:
    if kind not in _services:
        _services[kind] = kind(DirectoryStore(str(bundle), 4))
    return _services[kind]


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(min_size=1, max_size=300).filter(str.strip), num=st.integers(-3, 100))
def test_any_text_gets_an_answer(tiny_bundle: Path, context: Context, text: str, num: int) -> None:
    response = _one_service(EncoderService, tiny_bundle).handle({"text": text, "num": num}, context)
    assert response["statusCode"] == 200
