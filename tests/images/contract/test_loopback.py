"""Loopback never goes through a proxy, whatever the environment says, by the rules of two clients."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import requests.utils

from contract.loopback import keep_off_proxies

PROXY = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"NO_PROXY": "example.org"},
        {"no_proxy": "example.org, localhost"},
        {"no_proxy": "*"},
        {"NO_PROXY": "*, x.org"},
    ],
)
def test_requests_goes_past_the_proxy_on_loopback_alone(monkeypatch: pytest.MonkeyPatch, given: dict[str, str]) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", PROXY)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    environment = dict(given)
    keep_off_proxies(environment)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for host in ("127.0.0.1:80", "localhost:80", "127.91.7.3:80"):
        assert requests.utils.get_environ_proxies(f"http://{host}/") == {}
    past = requests.utils.get_environ_proxies("http://other.org/")
    assert past.get("http") == (None if given.get("no_proxy") == "*" else PROXY)
    again = dict(environment)
    keep_off_proxies(again)
    assert again == environment


ASK = """
import http.server, os, threading
from contract.loopback import keep_off_proxies
import obstore, sys
from obstore.store import HTTPStore

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.send_header("Last-Modified", "Sat, 28 Nov 2026 00:00:00 GMT")
        self.end_headers()
        self.wfile.write(b"here")
    def log_message(self, *arguments): pass

server = http.server.HTTPServer((sys.argv[1], 0), Answer)
threading.Thread(target=server.serve_forever, daemon=True).start()
keep_off_proxies(os.environ)
store = HTTPStore(f"http://{sys.argv[1]}:{server.server_port}", client_options={"allow_http": True})
print(bytes(obstore.get(store, "x").bytes()).decode())
"""


@pytest.mark.parametrize("address", ["127.0.0.1", "127.91.7.3"])
def test_obstore_goes_past_the_proxy(address: str) -> None:
    images = Path(__file__).parents[3] / "images"
    environment = {"PYTHONPATH": str(images), "HTTP_PROXY": PROXY, "http_proxy": PROXY, "ALL_PROXY": PROXY}
    done = subprocess.run(
        [sys.executable, "-c", ASK, address], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "here\n", done.stderr
