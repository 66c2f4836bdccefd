"""Building an index: equal to a slow, obvious computation, all or nothing, and nothing is computed twice."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from anyascii import anyascii
from safetensors.numpy import load_file
from transformers import LongformerModel, PreTrainedTokenizerFast

from model.__main__ import main
from model.index import files as index_files
from model.index import store
from similarity import manifest as files
from similarity.ranking import Index
from tests.model import snapshots

LONG = "The driverless car did not brake for the pedestrian who walked a bicycle across the road at night. "
REPORTS = {
    11: "A car hit a pedestrian.",
    12: LONG * 5,
    13: LONG * 200,  # past the model's 1,024 tokens
    14: "The chatbot was rude.",  # as many tokens as 11 and 15: one batch
    15: "The chatbot was mean.",
    16: "Das Gesichtserkennungssystem hielt „Müller“ für 车祸, naïvely.",
    17: "A car hit a pedestrian.",  # another report, the same words
}
INCIDENTS = [
    (7, "Car, “naïve”\nand two lines", "2018-03-18", [11, 12, 13, 17]),
    (3, "Chatbot", "2016-03-24", [14]),
    (40, "Faces", "2020-01-09", [16, 15, 14]),
]


@dataclass
class Folder:
    """Where a test's index is built; `said` is what the last run printed."""

    path: Path
    bundle: Path
    capture: pytest.CaptureFixture[str]
    said: str = field(default="", init=False)

    @property
    def out(self) -> Path:
        return self.path / "out"

    def snapshot(self, incidents: snapshots.Incidents = INCIDENTS, reports: dict[int, str] = REPORTS) -> Path:
        return snapshots.write(self.path / "snapshot", incidents, reports.items())

    def index(self, source: Path, *options: str, out: Path | None = None) -> int:
        command = ["index", str(source), "--bundle", str(self.bundle), "--out", str(out or self.out)]
        code = main([*command, "--cache", str(self.path / "cache"), *options])
        self.said = self.capture.readouterr().err
        return code

    def vectors(self) -> dict[str, np.ndarray]:
        found: dict[str, np.ndarray] = load_file(self.out / files.VECTORS)
        return found


@pytest.fixture
def folder(tiny_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Folder:
    return Folder(tmp_path, tiny_bundle, capsys)


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


def test_the_service_reads_what_was_written(folder: Folder) -> None:
    assert folder.index(folder.snapshot()) == 0
    index = Index((folder.out / files.VECTORS).read_bytes(), (folder.out / files.INCIDENTS).read_bytes())
    best = index.nearest(folder.vectors()["vectors"][1], 1)[0]
    assert (best.incident_id, best.title, best.date) == (7, "Car, “naïve”\nand two lines", "2018-03-18")
    assert best.url == "https://incidentdatabase.ai/cite/7"
    assert best.similarity == pytest.approx(1.0, abs=1e-6)


def test_the_manifest_is_true_and_the_weights_are_no_copy(folder: Folder) -> None:
    assert folder.index(folder.snapshot()) == 0
    manifest = files.parse((folder.out / files.NAME).read_bytes())
    assert {path.name for path in folder.out.iterdir()} == {*manifest.files, files.NAME}
    for name, file in manifest.files.items():
        data = (folder.out / name).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file.size, file.sha256)
        assert (folder.out / name).stat().st_mode & 0o777 == 0o644
    before = files.parse((folder.bundle / files.NAME).read_bytes())
    assert manifest.source_hash != before.source_hash
    assert manifest.model_hash == before.model_hash
    assert (manifest.index, before.index) == ("snapshot", "")
    assert os.path.samefile(folder.out / files.WEIGHTS, folder.bundle / files.WEIGHTS)
    assert {path.name for path in folder.path.iterdir()} == {"snapshot", "out", "cache", ".out.lock"}


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
    manifest = files.parse((other / files.NAME).read_bytes())
    described = {**manifest.files, files.CONFIG: files.File(len(config), hashlib.sha256(config).hexdigest())}
    manifest = replace(manifest, files=described, source_hash=files.source_hash(described))
    (other / files.NAME).write_text(manifest.to_json())
    folder.bundle = other
    assert folder.index(folder.snapshot()) == 0
    assert "6 new texts" in folder.said


def test_an_index_survives_the_next_build_unless_that_is_asked_to_replace_it(folder: Folder, tmp_path: Path) -> None:
    sample = tmp_path / "incidents.jsonl"
    fields = {"incident_id": 1, "title": "t", "date": "2020-01-31", "text": "x", "url": "u"}
    sample.write_text(json.dumps(fields))
    build = ["build", "--tiny", "--out", str(folder.out)]
    assert main(build) == 0
    assert folder.index(folder.snapshot(), "--bundle", str(folder.out)) == 0
    before = (folder.out / files.NAME).read_bytes()
    assert main(build) == 0
    assert main([*build, "--incidents", str(sample)]) == 1
    said = folder.capture.readouterr().err
    assert "has an index of snapshot" in said
    assert "writing synthetic weights" not in said, "refused before anything is fetched or made"
    assert (folder.out / files.NAME).read_bytes() == before
    assert main([*build, "--incidents", str(sample), "--replace-index"]) == 0
    assert folder.vectors()["ids"].tolist() == [1]


def test_a_bundle_caught_between_two_renames_comes_back(folder: Folder) -> None:
    """Killed after the old bundle was moved away and before the new one came."""
    assert folder.index(folder.snapshot()) == 0
    before = (folder.out / files.NAME).read_bytes()
    folder.out.rename(folder.path / ".out.work-killed-old")
    shutil.copytree(folder.bundle, folder.path / ".out.work-killed")
    assert folder.index(folder.snapshot()) == 0
    assert "is up to date" in folder.said
    assert (folder.out / files.NAME).read_bytes() == before
    assert not list(folder.path.glob(".out.work-*"))


def test_a_link_stays_one_and_what_it_leads_to_is_replaced(folder: Folder) -> None:
    (folder.path / "disk").mkdir()
    folder.out.symlink_to(folder.path / "disk" / "bundle[1]")
    assert folder.index(folder.snapshot()) == 0
    (folder.path / "disk" / "bundle[1]").rename(folder.path / "disk" / ".bundle[1].work-killed-old")
    assert folder.index(folder.snapshot()) == 0
    assert "is up to date" in folder.said
    assert folder.index(folder.snapshot([(3, "Chatbot", "2016-03-24", [14])])) == 0
    assert folder.vectors()["ids"].tolist() == [3]
    assert folder.out.is_symlink()
    assert {path.name for path in (folder.path / "disk").iterdir()} == {"bundle[1]", ".bundle[1].lock"}


def test_an_interruption_between_two_renames_brings_the_bundle_back(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert folder.index(folder.snapshot()) == 0
    before, rename = folder.vectors()["ids"].tolist(), Path.rename

    def interrupted(path: Path, target: Path) -> Path:
        if target == folder.out and not path.name.endswith("-old"):
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    assert folder.index(folder.snapshot([(3, "Chatbot", "2016-03-24", [14])])) == 130
    assert folder.vectors()["ids"].tolist() == before
    assert not list(folder.path.glob(".out.work-*"))


def test_a_full_disk_is_named_where_it_is(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the working store, which SQLite has beside the bundle, and not of the cache."""
    schema = "PRAGMA page_size = 512; PRAGMA max_page_count = 24;" + store.SCHEMA
    monkeypatch.setattr(store, "SCHEMA", schema)
    assert folder.index(folder.snapshot()) == 1
    assert f"SQLite cannot work in {folder.path} or" in folder.said
    assert "full; make room there" in folder.said
    assert not folder.out.exists()


def test_the_state_of_the_former_service_goes_round(folder: Folder) -> None:
    """Its numbers are Python's shortest that give the same float32 again."""
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
    assert files.parse((folder.out / files.NAME).read_bytes()).index == "state.csv"


def test_a_state_of_another_width_is_refused(folder: Folder) -> None:
    state = folder.path / "state.csv"
    state.write_text('incident_id,count,mean\n1,2,"[0.5, 1]"\n')
    assert folder.index(state) == 1
    assert "line 2: mean has 2 numbers, the model's vectors have 64" in folder.said
    assert "holds no incident that can be used" in folder.said
    assert not folder.out.exists()


def test_what_is_left_out_is_listed_and_with_strict_an_error(folder: Folder) -> None:
    incidents = [
        *INCIDENTS,
        (7, "again", "2020-01-01", [11]),
        (50, "reports that are nowhere", "2020-01-01", [98, 99]),
        (51, "an empty one beside a good one", "2020-01-01", [11, 60, 11]),
        (52, "an empty one only", "2020-01-01", [60]),
        (53, "none", "2020-01-01", []),
    ]
    source = folder.snapshot(incidents, {**REPORTS, 60: " \n", 61: "of nobody"})
    with (source / "reports.csv").open("a") as file:
        file.write("r,1\n" + "," * 15 + "11,,,again,,,\n" + "," * 15 + "eleven,,,text,,,\n")
    expected = [
        ("incident 7", "is there twice; the first one is kept"),
        ("incident 51", "names its report 11 twice; it counts once"),
        ("report 60", "has no text"),
        ("reports.csv, line 12", "has 2 fields, the header has 22"),
        ("report 11", "is there twice; the first one is kept"),
        ("reports.csv, line 14", "report_number 'eleven' is no whole number of 0 or more"),
        ("report 61", "belongs to no incident"),
        ("incident 50", "its report 98 is not there"),
        ("incident 50", "its report 99 is not there"),
        ("incident 50", "has no report that can be used"),
        ("incident 52", "has no report that can be used"),
        ("incident 53", "has no report that can be used"),
    ]
    assert folder.index(source, "--strict") == 1
    assert "12 things were left out" in folder.said
    assert "--strict makes that an error" in folder.said
    assert not folder.out.exists()
    assert folder.index(source) == 0
    with (folder.path / "cache" / "skipped.csv").open(newline="") as file:
        assert [tuple(row) for row in csv.reader(file)] == [("place", "reason"), *expected]
    for place, reason in expected:
        assert f"left out: {place}: {reason}" in folder.said
    assert folder.vectors()["ids"].tolist() == [3, 7, 40, 51]
    assert folder.vectors()["counts"].tolist() == [1, 4, 3, 1]


def test_too_little_is_an_error_and_replaces_nothing(folder: Folder) -> None:
    assert folder.index(folder.snapshot()) == 0
    before = (folder.out / files.NAME).read_bytes()
    assert folder.index(folder.snapshot([(1, "t", "2020-01-01", [5])], {6: "x"})) == 1
    assert "holds no incident that can be used" in folder.said
    assert (folder.out / files.NAME).read_bytes() == before
    assert folder.index(folder.snapshot(INCIDENTS[1:]), "--at-least", "3") == 1
    assert "holds 2 of 3 incidents that can be used" in folder.said
    assert (folder.out / files.NAME).read_bytes() == before


def test_damaged_weights_are_an_error(folder: Folder) -> None:
    """Nothing is embedded with them; where the manifest says the same of them, no vector that is none is kept."""
    broken = folder.path / "broken"
    shutil.copytree(folder.bundle, broken)
    with (broken / files.WEIGHTS).open("r+b") as file:
        file.seek(600_000)
        file.write(b"\xff" * 200_000)  # NaN in the first layer
    folder.bundle = broken
    assert folder.index(folder.snapshot()) == 1
    assert f"{broken / files.WEIGHTS} is damaged: delete {broken} and build it again" in folder.said
    assert not (folder.path / "cache").exists()
    manifest = files.parse((broken / files.NAME).read_bytes())
    with (broken / files.WEIGHTS).open("rb") as file:
        weights = replace(manifest.files[files.WEIGHTS], sha256=hashlib.file_digest(file, "sha256").hexdigest())
    described = {**manifest.files, files.WEIGHTS: weights}
    manifest = replace(manifest, files=described, source_hash=files.source_hash(described))
    (broken / files.NAME).write_text(manifest.to_json())
    assert folder.index(folder.snapshot()) == 1
    assert "the encoder's answer is no number" in folder.said
    assert not folder.out.exists()


def test_places_that_cannot_be_are_named(folder: Folder, tmp_path: Path) -> None:
    source = folder.snapshot()
    folder.bundle = tmp_path / "nowhere"
    assert folder.index(source) == 1
    assert "nowhere is no whole bundle: build it with" in folder.said
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "precious").write_text("keep")
    assert folder.index(source, out=tmp_path / "taken") == 1
    assert "exists and is no bundle: name another place with --out" in folder.said


def test_a_damaged_cache_is_named(folder: Folder) -> None:
    assert folder.index(folder.snapshot()) == 0
    (kept,) = (folder.path / "cache").glob("*.sqlite3")
    kept.write_bytes(b"x" * 5000)
    assert folder.index(folder.snapshot()) == 1
    assert f"if {kept} is damaged, delete it" in folder.said


def test_a_mean_is_taken_in_double_precision_in_the_order_of_the_reports() -> None:
    big, small = np.float32(1e8), np.float32(1)
    vectors = [np.array([value], np.float32) for value in (big, small, small, -big)]
    assert index_files.mean(vectors, 1).tolist() == [0.5]


def test_a_wrong_command_line_has_exit_code_2(tmp_path: Path) -> None:
    for wrong in (["index"], ["index", "x", "--via", "no-url"], ["index", "x", "--auth", "iam"], ["nothing"]):
        with pytest.raises(SystemExit) as ended:
            main(wrong)
        assert ended.value.code == 2
