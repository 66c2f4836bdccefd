"""The page's archive has everything for an answer, and changes only with a file's content."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stacks import page
from stacks.errors import DeploymentError
from tests.stacks.support.project import ROOT

ASK = """
import json, handler
for path in ("/", "/openapi.json", "/else"):
    event = {"version": "2.0", "rawPath": path, "requestContext": {"http": {"method": "GET", "path": path}}}
    answer = handler.handler(event, None)
    print(json.dumps([answer["statusCode"], answer["headers"]]))
"""


def test_the_archive_answers_on_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    for name, file in page.files():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(file, tmp_path / name)
    command = [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{ASK}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    home, document, other = (json.loads(line) for line in done.stdout.splitlines())

    assert (home[0], document[0], other[0]) == (200, 200, 404)
    assert "text/html" in json.dumps(home[1])
    assert "application/json" in json.dumps(document[1])


def test_the_archive_holds_what_is_written_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No byte code, no editor's leftovers, no pictures; and in one order, whatever the directory's."""
    monkeypatch.chdir(tmp_path)
    ours, shared = ["style.css", "handler.py", "index.html", "app.js", "openapi.json"], ["storages.py", "__init__.py"]
    leftovers = ["handler.py~", ".handler.py.swp", "page.png", "__pycache__/handler.cpython-313.pyc"]
    for file in (*(Path("page", name) for name in ours + leftovers), *(page.CONTRACT / name for name in shared)):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        os.utime(file, (1, 1))

    assert [name for name, _ in page.files()] == [*sorted(ours), *(f"contract/{name}" for name in sorted(shared))]


def test_a_page_that_lacks_a_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("page").mkdir()
    Path("page/handler.py").touch()

    with pytest.raises(DeploymentError, match=r"page lacks index.html, openapi.json: .*`git checkout page`"):
        list(page.files())
