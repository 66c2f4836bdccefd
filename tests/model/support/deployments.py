"""A stand-in for a deployment that answers as a test tells it to, with answers that the lab cannot give."""

from __future__ import annotations

import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from similarity.bundle.manifest import Manifest

HIDDEN = 64


def sha1(text: str) -> str:
    """AIID's name for a text."""
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


Answer = tuple[int, dict[str, str], Any]


class Stub:
    """A deployment whose answers `embed` and `health` make; `seen` are the requests."""

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest
        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        self.lock = threading.Lock()

    def health(self) -> Answer:
        body = {"model": "m", "model_hash": self.manifest.model_hash, "bundle_hash": "b1"}
        return 200, {}, {"body": body}

    def embed(self, text: str) -> Answer:
        embedding = {"vector": [float(len(text))] * HIDDEN, "from_text_hash": sha1(text)}
        return 200, {"X-Bundle-Hash": "b1"}, {"body": {"embedding": embedding}}

    def count(self, path: str) -> int:
        return sum(seen == path for seen, _, _ in self.seen)


@contextmanager
def served(stub: Stub) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])))

        def _answer(self, body: bytes) -> None:
            with stub.lock:
                stub.seen.append((self.path, dict(self.headers), body))
                status, headers, content = stub.embed(json.loads(body)["text"]) if body else stub.health()
            data = json.dumps(content).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *arguments: object) -> None:
            """Quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
