"""The newest report of a folder is served as it is, and nothing beside it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from lab.up.report_page import answer, newest


def report(folder: Path, name: str, age: int = 0, text: str = "") -> Path:
    file = folder / name / "report.html"
    file.parent.mkdir(parents=True)
    file.write_text(text or name)
    os.utime(file, (1e9 - age, 1e9 - age))
    return file


def ask(folder: Path, method: str = "GET") -> dict[str, Any]:
    return answer({"requestContext": {"http": {"method": method}}}, folder)


def test_the_newest_is_shown_and_may_run_nothing(tmp_path: Path) -> None:
    report(tmp_path, "zz", age=9)
    report(tmp_path, "aa", text="<p>\u00e4")
    found = ask(tmp_path)
    assert (found["statusCode"], found["body"]) == (200, "<p>\u00e4")
    policy = found["headers"]["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert policy.endswith("sandbox")
    assert "script" not in policy
    assert ask(tmp_path, "HEAD")["body"] == ""


@pytest.mark.parametrize("folder", ["nowhere", "."])
def test_without_a_report_it_says_how_to_make_one(tmp_path: Path, folder: str) -> None:
    found = ask(tmp_path / folder)
    assert found["statusCode"] == 404
    assert "bench/run.py" in found["body"]


def test_a_link_to_another_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "report.html").symlink_to(tmp_path / "secret")
    assert newest(tmp_path) is None
    other = tmp_path / "other"
    report(other, "run")
    (tmp_path / "linked").symlink_to(other / "run")
    found = newest(tmp_path)
    assert found is None or not found.parent.is_symlink()


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    report(tmp_path, "run", text="x" * 5_000_001)
    assert ask(tmp_path)["statusCode"] == 404
