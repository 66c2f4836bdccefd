"""Sources that cannot be indexed and places that cannot be used: the message names each, with what to do about it."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contract import bundle as files
from model.__main__ import main
from model.index import cache, store
from similarity.bundle.manifest import parse
from tests.model.support.indexing import INCIDENTS, REPORTS, Folder


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
        ("reports.csv, line 14", "report_number 'eleven' is not a whole number of 0 or more"),
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


def test_a_state_of_another_width_is_refused(folder: Folder) -> None:
    state = folder.path / "state.csv"
    state.write_text('incident_id,count,mean\n1,2,"[0.5, 1]"\n')
    assert folder.index(state) == 1
    assert "line 2: mean has 2 numbers, the model's vectors have 64" in folder.said
    assert "holds no incident that can be used" in folder.said
    assert not folder.out.exists()


def test_damaged_weights_are_an_error(folder: Folder) -> None:
    """Nothing is embedded with them; if the manifest fits the damage, no vector with NaN is kept."""
    broken = folder.path / "broken"
    shutil.copytree(folder.bundle, broken)
    with (broken / files.WEIGHTS).open("r+b") as file:
        file.seek(600_000)
        file.write(b"\xff" * 200_000)  # NaN in the first layer
    folder.bundle = broken
    assert folder.index(folder.snapshot()) == 1
    assert f"{broken / files.WEIGHTS} is damaged: delete {broken} and build it again" in folder.said
    assert not (folder.path / "cache").exists()
    manifest = parse((broken / files.MANIFEST).read_bytes())
    with (broken / files.WEIGHTS).open("rb") as file:
        weights = replace(manifest.files[files.WEIGHTS], sha256=hashlib.file_digest(file, "sha256").hexdigest())
    described = {**manifest.files, files.WEIGHTS: weights}
    manifest = replace(manifest, files=described, source_hash=files.source_hash(described))
    (broken / files.MANIFEST).write_text(manifest.to_json())
    assert folder.index(folder.snapshot()) == 1
    assert "the encoder's answer is not a number" in folder.said
    assert not folder.out.exists()


def test_a_damaged_cache_is_named(folder: Folder) -> None:
    assert folder.index(folder.snapshot()) == 0
    (kept,) = (folder.path / "cache").glob("*.sqlite3")
    kept.write_bytes(b"x" * 5000)
    assert folder.index(folder.snapshot()) == 1
    assert f"{kept} is damaged (file is not a database): delete it" in folder.said


def test_a_full_disk_is_not_a_damaged_cache(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is told to delete hours of work: of SQLite's errors only two mean that the file is damaged."""
    real = sqlite3.connect

    def small(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = real(*arguments, **options)
        connection.execute("PRAGMA max_page_count = 2")
        return connection

    monkeypatch.setattr(cache.sqlite3, "connect", small)
    assert folder.index(folder.snapshot()) == 1
    assert "full" in folder.said
    assert "make room there" in folder.said
    assert "delete" not in folder.said


def test_a_full_disk_is_named_where_it_is(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the working store, which is beside the bundle, and not the cache."""
    schema = "PRAGMA page_size = 512; PRAGMA max_page_count = 24;" + store.SCHEMA
    monkeypatch.setattr(store, "SCHEMA", schema)
    assert folder.index(folder.snapshot()) == 1
    assert f"SQLite cannot work in {folder.path} or" in folder.said
    assert "full; make room there" in folder.said
    assert not folder.out.exists()


def test_places_that_cannot_be_are_named(folder: Folder, tmp_path: Path) -> None:
    source = folder.snapshot()
    folder.bundle = tmp_path / "nowhere"
    assert folder.index(source) == 1
    assert "nowhere is not a whole bundle: build it with" in folder.said
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "precious").write_text("keep")
    assert folder.index(source, out=tmp_path / "taken") == 1
    assert "exists and is not a bundle: name another place with --out" in folder.said


def test_a_wrong_command_line_has_exit_code_2(tmp_path: Path) -> None:
    for wrong in (["index"], ["index", "x", "--via", "no-url"], ["index", "x", "--auth", "iam"], ["nothing"]):
        with pytest.raises(SystemExit) as ended:
            main(wrong)
        assert ended.value.code == 2


def test_a_title_shows_as_it_is_written(folder: Folder) -> None:
    """No character of a title may turn the direction of what follows it, or move a terminal's cursor."""
    source = folder.path / "t.jsonl"
    source.write_text(json.dumps({"id": 1, "title": "ab\u202edc\u2066 \x1b]0;x\x07\x9b2J", "text": "a robot"}) + "\n")
    assert folder.index(source) == 0
    shown = json.loads((folder.out / files.INCIDENTS).read_text())
    assert shown["title"] == "abdc ]0;x2J"
