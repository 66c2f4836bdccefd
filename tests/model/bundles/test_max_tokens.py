"""`--max-tokens`: a bundle that cuts texts earlier than its model would, in the index and in queries alike."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from contract import bundle as files
from model.__main__ import main
from similarity.bundle.manifest import Manifest, parse
from similarity.encoder import EncoderService
from similarity.search import SearchService
from similarity.stores.directory import DirectoryStore
from tests.images.conftest import Context, open_bundle

LIMIT = 40
LONG = "The driverless car did not brake for the pedestrian who walked a bicycle across the road at night. " * 20


@pytest.fixture(autouse=True)
def backend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_BACKEND", "efs")
    monkeypatch.setenv("ENGINE", "onnx")
    monkeypatch.setattr("similarity.service.since_process_start", lambda: 0.0)  # pytest may be long at work


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny bundle that cuts at LIMIT tokens, with one incident that is longer."""
    work = tmp_path_factory.mktemp("limit")
    source = work / "long.jsonl"
    fields = {"incident_id": 1, "title": "t", "date": "2020-01-31", "text": LONG, "url": "https://x.example/1"}
    source.write_text(json.dumps(fields))
    command = ["build", "--tiny", "--max-tokens", str(LIMIT), "--incidents", str(source), "--out", str(work / "out")]
    assert main(command) == 0
    return work / "out"


def manifest(bundle: Path) -> Manifest:
    return parse((bundle / files.MANIFEST).read_bytes())


def ask(kind: Any, bundle: Path, event: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    response = kind(DirectoryStore(str(bundle), 4)).handle(event, Context())
    return response["statusCode"], json.loads(response["body"])


def test_index_and_query_are_cut_there_and_exactly_so(bundle: Path) -> None:
    assert manifest(bundle).max_tokens == LIMIT
    status, content = ask(EncoderService, bundle, {"text": LONG, "num": 1})
    assert status == 200
    (warning,) = content["body"]["warnings"]
    assert f"tokens, the model reads {LIMIT}: the rest was left out." in warning
    assert content["body"]["results"][0]["similarity"] == pytest.approx(1, abs=1e-6)
    from transformers import PreTrainedTokenizerFast

    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(bundle / files.TOKENIZER))
    ids = tokenizer(LONG, truncation=True, max_length=LIMIT)["input_ids"]
    assert len(ids) == LIMIT
    expected = open_bundle(bundle).transformers.encode(ids)
    np.testing.assert_allclose(load_file(bundle / files.VECTORS)["vectors"][0], expected, atol=1e-5)


def test_another_limit_is_another_model_and_its_index_is_refused(bundle: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(bundle, tmp_path / "other"))
    fields = json.loads((other / files.MANIFEST).read_text())
    (other / files.MANIFEST).write_text(json.dumps({**fields, "max_tokens": LIMIT + 1}))
    assert manifest(other).model_hash != manifest(bundle).model_hash
    for kind in (EncoderService, SearchService):
        status, content = ask(kind, other, {"embed": [1] * 64})
        assert status == 503
        assert "embedded by another model, or under another limit of tokens" in content["message"]
    source = tmp_path / "t.csv"
    source.write_text(f"id,title,text\n4,Long,{LONG}\n")
    assert main(["index", str(source), "--bundle", str(other), "--cache", str(tmp_path / "cache")]) == 0
    assert ask(EncoderService, other, {"text": LONG, "num": 1})[0] == 200


@pytest.mark.parametrize(("limit", "code"), [("2", 2), ("0", 2), ("-5", 2), ("many", 2), ("1025", 1)])
def test_a_limit_that_the_model_cannot_keep_is_refused(
    tmp_path: Path, limit: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["build", "--tiny", "--max-tokens", limit, "--out", str(tmp_path / "out")]
    try:
        found = main(command)
    except SystemExit as ended:
        found = int(str(ended.code))
    assert found == code
    assert "--max-tokens" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
