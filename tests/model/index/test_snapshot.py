"""Downloading AIID's newest snapshot, from a server that lists them as AIID's page does."""

from __future__ import annotations

import hashlib
import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from model.__main__ import main

OLD, NEW = "backup-20260921101119.tar.bz2", "backup-20261005101424.tar.bz2"
ARCHIVE = bytes(range(256)) * 100


@dataclass
class Site:
    """The contents by path, and the requests; `claims` is a false Content-Length."""

    url: str = ""
    pages: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    claims: int = 0


@pytest.fixture
def site() -> Iterator[Site]:
    found = Site()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            data = found.pages.get(self.path)
            self.send_response(200 if data is not None else 404)
            self.send_header("Content-Length", str(found.claims or len(data or b"")))
            self.end_headers()
            self.wfile.write(data or b"")

        def log_message(self, *arguments: object) -> None:
            """Quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        found.url = f"http://127.0.0.1:{server.server_port}"
        links = (
            f'<a href="/files/{OLD}">old</a> <a href="{found.url}/files/{NEW}">new</a> <a href="/other.tar.bz2">x</a>'
        )
        found.pages = {"/snapshots/": links.encode(), f"/files/{NEW}": ARCHIVE, f"/files/{OLD}": ARCHIVE[::-1]}
        yield found
        server.shutdown()


def fetch(url: str, out: Path, *options: str) -> int:
    return main(["snapshot", url, "--out", str(out), *options])


def test_the_newest_one_is_taken_once(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert fetch(f"{site.url}/snapshots/", tmp_path) == 0
        assert capsys.readouterr().out == f"{tmp_path / NEW}\n"
    assert (tmp_path / NEW).read_bytes() == ARCHIVE
    assert site.asked == ["/snapshots/", f"/files/{NEW}", "/snapshots/"]
    assert (tmp_path / NEW).stat().st_mode & 0o777 == 0o644


def test_an_archive_may_be_named_with_its_hash(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url, right = f"{site.url}/files/{OLD}", hashlib.sha256(ARCHIVE[::-1]).hexdigest()
    assert fetch(url, tmp_path, "--sha256", "0" * 64) == 1
    assert f"has the sha256 {right}, wanted is 000" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    (tmp_path / OLD).write_bytes(b"something else of that name")
    assert fetch(url, tmp_path, "--sha256", right) == 0
    assert (tmp_path / OLD).read_bytes() == ARCHIVE[::-1]


@pytest.mark.parametrize(
    ("pages", "words"),
    [
        ({"/snapshots/": b"<a href='/login'>"}, "links to no backup-TIME.tar.bz2"),
        ({}, "answers HTTP 404: is it still where AIID lists its snapshots?"),
        ({"/snapshots/": f"'{NEW}'".encode()}, "answers HTTP 404"),
        ({"/snapshots/": f"'{NEW}'".encode(), f"/snapshots/{NEW}": b"Sorry"}, "gave 5 bytes of 5"),
    ],
)
def test_what_is_no_snapshot_is_refused_and_leaves_nothing(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str], pages: dict[str, bytes], words: str
) -> None:
    site.pages = pages
    assert fetch(f"{site.url}/snapshots/", tmp_path / "out") == 1
    assert words in capsys.readouterr().err
    assert not list((tmp_path / "out").glob("*"))


def test_a_download_that_is_cut_off_leaves_nothing(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site.claims = len(ARCHIVE) + 1
    assert fetch(f"{site.url}/files/{NEW}", tmp_path) == 1
    assert "cannot be had" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_nobody_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fetch("http://127.0.0.1:9/snapshots/", tmp_path) == 1
    assert "cannot be had (ConnectionError)" in capsys.readouterr().err
