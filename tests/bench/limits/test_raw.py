"""The raw readers read all that they are told to, or report an error."""

from __future__ import annotations

import http.server
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.limits import raw

DATA = bytes(range(256)) * 40_000


class RangeServer(http.server.BaseHTTPRequestHandler):
    """A real HTTP server with ranges; records the requests."""

    protocol_version = "HTTP/1.1"
    asked: list[tuple[int, int]]

    def do_GET(self) -> None:
        first, last = (int(n) for n in re.findall(r"\d+", self.headers["Range"]))
        self.asked.append((first, last + 1))
        data = DATA[first : last + 1]
        self.send_response(206 if self.path == "/object" else 404)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[tuple[str, list[tuple[int, int]]]]:
    asked: list[tuple[int, int]] = []
    handler = type("Handler", (RangeServer,), {"asked": asked})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        running.daemon_threads = True
        threading.Thread(target=running.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}", asked
        running.shutdown()


def test_ranged_get_asks_for_every_byte_once(
    server: tuple[str, list[tuple[int, int]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "CHUNK", 100_000)
    url, asked = server
    assert raw.ranged_get(f"{url}/object", [[5, 250_000], [1_000_000, 10]]) > 0
    assert sorted(asked) == [(5, 100_005), (100_005, 200_005), (200_005, 250_005), (1_000_000, 1_000_010)]


def test_ranged_get_does_not_take_an_error_for_data(server: tuple[str, list[tuple[int, int]]]) -> None:
    with pytest.raises(RuntimeError, match="gave status 404"):
        raw.ranged_get(f"{server[0]}/other", [[0, 10]])


def test_dd_reads_ranges_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(DATA)
    assert raw.dd(str(path), [[5, 250_000], [1_000_000, 10]]) > 0
