"""A new index replaces the old one as a whole, and only on request; an interruption leaves the old one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from contract import bundle as files
from model.__main__ import main
from tests.model.support.indexing import INCIDENTS, Folder


def test_an_index_survives_the_next_build_unless_that_is_asked_to_replace_it(folder: Folder, tmp_path: Path) -> None:
    sample = tmp_path / "incidents.jsonl"
    fields = {"incident_id": 1, "title": "t", "date": "2020-01-31", "text": "x", "url": "https://x.example/1"}
    sample.write_text(json.dumps(fields))
    build = ["build", "--tiny", "--out", str(folder.out)]
    assert main(build) == 0
    assert folder.index(folder.snapshot(), "--bundle", str(folder.out)) == 0
    before = (folder.out / files.MANIFEST).read_bytes()
    assert main(build) == 0
    assert main([*build, "--incidents", str(sample)]) == 1
    said = folder.capture.readouterr().err
    assert "has an index of snapshot" in said
    assert "writing synthetic weights" not in said, "refused before anything is fetched or made"
    assert (folder.out / files.MANIFEST).read_bytes() == before
    assert main([*build, "--incidents", str(sample), "--replace-index"]) == 0
    assert folder.vectors()["ids"].tolist() == [1]


def test_a_bundle_caught_between_two_renames_comes_back(folder: Folder) -> None:
    """Killed after the old bundle was moved away and before the new one came."""
    assert folder.index(folder.snapshot()) == 0
    before = (folder.out / files.MANIFEST).read_bytes()
    folder.out.rename(folder.path / ".out.work-killed-old")
    shutil.copytree(folder.bundle, folder.path / ".out.work-killed")
    assert folder.index(folder.snapshot()) == 0
    assert "is up to date" in folder.said
    assert (folder.out / files.MANIFEST).read_bytes() == before
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


def test_too_little_is_an_error_and_replaces_nothing(folder: Folder) -> None:
    assert folder.index(folder.snapshot()) == 0
    before = (folder.out / files.MANIFEST).read_bytes()
    assert folder.index(folder.snapshot([(1, "t", "2020-01-01", [5])], {6: "x"})) == 1
    assert "holds no incident that can be used" in folder.said
    assert (folder.out / files.MANIFEST).read_bytes() == before
    assert folder.index(folder.snapshot(INCIDENTS[1:]), "--at-least", "3") == 1
    assert "holds 2 of 3 incidents that can be used" in folder.said
    assert (folder.out / files.MANIFEST).read_bytes() == before
