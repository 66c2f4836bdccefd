"""Building an index: the result equals a slow, obvious computation, and nothing is computed twice."""

from __future__ import annotations

import csv
import hashlib
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from anyascii import anyascii
from transformers import LongformerModel, PreTrainedTokenizerFast

from contract import bundle as files
from model.index import files as index_files
from similarity.bundle.manifest import parse
from similarity.bundle.ranking import Index
from tests.model.support.indexing import INCIDENTS, REPORTS, Folder


def test_vectors_are_those_of_a_slow_and_obvious_computation(folder: Folder, tiny_bundle: Path) -> None:
    assert folder.index(folder.snapshot()) == 0
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(tiny_bundle / files.TOKENIZER))
    model = LongformerModel.from_pretrained(tiny_bundle, local_files_only=True).eval()
    limit = model.config.max_position_embeddings - 2

    def cls(text: str) -> np.ndarray:
        ids = torch.tensor([tokenizer(anyascii(text), truncation=True, max_length=limit)["input_ids"]])
        with torch.inference_mode():
            states = model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state
        return states[0, 0].numpy().astype(np.float64)

    expected = {i: np.mean([cls(REPORTS[n]) for n in numbers], axis=0) for i, _, _, numbers in INCIDENTS}
    found = folder.vectors()
    assert found["ids"].tolist() == [3, 7, 40]
    assert found["counts"].tolist() == [1, 4, 3]
    assert found["vectors"].dtype == np.float32
    np.testing.assert_allclose(found["vectors"], [expected[i] for i in (3, 7, 40)], atol=1e-5)


def test_a_mean_is_taken_in_double_precision_in_the_order_of_the_reports() -> None:
    big, small = np.float32(1e8), np.float32(1)
    vectors = [np.array([value], np.float32) for value in (big, small, small, -big)]
    assert index_files.mean(vectors, 1).tolist() == [0.5]


def test_the_service_reads_what_was_written(folder: Folder) -> None:
    assert folder.index(folder.snapshot()) == 0
    index = Index((folder.out / files.VECTORS).read_bytes(), (folder.out / files.INCIDENTS).read_bytes())
    best = index.nearest(folder.vectors()["vectors"][1], 1)[0]
    assert (best.incident_id, best.title, best.date) == (7, "Car, “naïve”\nand two lines", "2018-03-18")
    assert best.url == "https://incidentdatabase.ai/cite/7"
    assert best.similarity == pytest.approx(1.0, abs=1e-6)


def test_the_manifest_is_true_and_the_weights_are_no_copy(folder: Folder) -> None:
    assert folder.index(folder.snapshot()) == 0
    manifest = parse((folder.out / files.MANIFEST).read_bytes())
    assert {path.name for path in folder.out.iterdir()} == {*manifest.files, files.MANIFEST}
    for name, file in manifest.files.items():
        data = (folder.out / name).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file.size, file.sha256)
        assert (folder.out / name).stat().st_mode & 0o777 == 0o644
    before = parse((folder.bundle / files.MANIFEST).read_bytes())
    assert manifest.source_hash != before.source_hash
    assert manifest.model_hash == before.model_hash
    assert (manifest.index, before.index) == ("snapshot", "")
    assert os.path.samefile(folder.out / files.WEIGHTS, folder.bundle / files.WEIGHTS)
    assert {path.name for path in folder.path.iterdir()} == {"snapshot", "out", "cache", ".out.lock"}


def test_the_state_of_the_former_service_goes_round(folder: Folder) -> None:
    """Its numbers are the shortest that Python reads back as the same float32."""
    assert folder.index(folder.snapshot()) == 0
    first, shown = folder.vectors(), (folder.out / files.INCIDENTS).read_bytes()
    state = folder.path / "state.csv"
    with state.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("incident_id", "count", "mean"))
        for i, count, vector in zip(first["ids"], first["counts"], first["vectors"], strict=True):
            table.writerow((i, count, vector.tolist()))
    folder.bundle = folder.out  # whose titles the incidents keep
    assert folder.index(state) == 0
    assert "is the state of AIID's former service" in folder.said
    second = folder.vectors()
    for name in ("ids", "counts", "vectors"):
        np.testing.assert_array_equal(first[name], second[name])
    assert (folder.out / files.INCIDENTS).read_bytes() == shown
    assert parse((folder.out / files.MANIFEST).read_bytes()).index == "state.csv"


def test_only_what_changed_is_computed_again(folder: Folder) -> None:
    assert folder.index(folder.snapshot()) == 0
    assert "7 reports: 6 new texts" in folder.said
    first = folder.vectors()
    changed = {**REPORTS, 14: "The chatbot was very rude.", 18: "A new report."}
    assert folder.index(folder.snapshot([*INCIDENTS, (41, "New", "2021-01-01", [18])], changed)) == 0
    assert "8 reports: 2 new texts" in folder.said
    second = folder.vectors()
    np.testing.assert_array_equal(first["vectors"][1], second["vectors"][1])  # incident 7
    assert (first["vectors"][0] != second["vectors"][0]).any()
    assert (first["vectors"][2] != second["vectors"][2]).any()


def test_the_same_again_changes_no_file(folder: Folder) -> None:
    assert folder.index(folder.snapshot()) == 0
    before = {path.name: path.stat().st_mtime_ns for path in folder.out.iterdir()}
    assert folder.index(folder.snapshot()) == 0
    assert "0 new texts" in folder.said
    assert "is up to date" in folder.said
    assert before == {path.name: path.stat().st_mtime_ns for path in folder.out.iterdir()}


def test_another_model_does_not_get_these_embeddings(folder: Folder) -> None:
    assert folder.index(folder.snapshot()) == 0
    other = folder.path / "other"
    shutil.copytree(folder.bundle, other)
    config = (other / files.CONFIG).read_bytes() + b" "
    (other / files.CONFIG).write_bytes(config)
    manifest = parse((other / files.MANIFEST).read_bytes())
    described = {**manifest.files, files.CONFIG: files.File(len(config), hashlib.sha256(config).hexdigest())}
    manifest = replace(manifest, files=described, source_hash=files.source_hash(described))
    (other / files.MANIFEST).write_text(manifest.to_json())
    folder.bundle = other
    assert folder.index(folder.snapshot()) == 0
    assert "6 new texts" in folder.said
