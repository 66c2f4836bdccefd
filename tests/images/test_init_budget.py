"""A store so slow that INIT cannot wait for it: Lambda would run INIT again after 10 s, so ours ends at 8."""

from __future__ import annotations

import http.server
import re
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import requests

from tests.conftest import Lab

from .test_over_http import ask, force_cold

SLOW_S = 9.5
WEIGHTS = "model.safetensors"


class SlowStore(http.server.BaseHTTPRequestHandler):
    """The lab's S3 behind a server that keeps the weights back for a while after the first request for them."""

    protocol_version = "HTTP/1.1"
    upstream: str
    started: list[float]

    def do_GET(self) -> None:
        named = {key: value for key, value in self.headers.items() if key.lower() in ("range", "authorization")}
        answer = requests.get(self.upstream + self.path, headers=named, timeout=60)
        if WEIGHTS in self.path:
            self.started.append(time.monotonic())
            if len(self.started) > 1:  # the first one asks for the header
                time.sleep(max(0.0, self.started[0] + SLOW_S - time.monotonic()))
        self.send_response(answer.status_code)
        for key in ("Content-Length", "Content-Range", "ETag", "Last-Modified"):
            if key in answer.headers:
                self.send_header(key, answer.headers[key])
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, *arguments: object) -> None:
        """Quiet."""


@pytest.fixture
def slow_store(bucket: tuple[str, str]) -> Iterator[str]:
    handler = type("Handler", (SlowStore,), {"upstream": bucket[0], "started": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_init_ends_at_its_budget_and_the_first_invocation_waits_for_the_rest(
    lab: Lab,
    bucket: tuple[str, str],
    slow_store: str,
) -> None:
    force_cold(lab, "s3", AWS_ENDPOINT_URL_S3=slow_store)
    try:
        answer = ask(lab, "s3")
    finally:
        force_cold(lab, "s3", AWS_ENDPOINT_URL_S3=bucket[0])
    assert answer.status_code == 200
    assert answer.headers["X-Invocation"] == "1"
    phases = {name: float(ms) for name, ms in re.findall(r"(\w+);dur=([\d.]+)", answer.headers["Server-Timing"])}
    assert phases["boot"] + phases["init"] < 8_300  # the budget that INIT must keep, not a measure of speed
    assert phases["wait"] > 0
    assert phases["fetch"] >= SLOW_S * 1000


def test_a_hung_store_gives_a_503_of_ours_before_the_api_gives_up(lab: Lab, bucket: tuple[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hung:
        force_cold(lab, "s3", AWS_ENDPOINT_URL_S3=f"http://127.0.0.1:{hung.getsockname()[1]}")
        try:
            answer = ask(lab, "s3")
        finally:
            force_cold(lab, "s3", AWS_ENDPOINT_URL_S3=bucket[0])
    assert answer.status_code == 503
    assert answer.headers["X-Invocation"] == "1"
    assert "model file" in answer.json()["message"]
    assert "cannot be read" in answer.json()["message"]
