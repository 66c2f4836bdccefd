"""An S3 server that replaces a bundle by another one at a chosen request, and what a function answers meanwhile."""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import numpy as np

from similarity import manifest as files
from similarity import safetensors_header
from similarity.encoder import EncoderService
from similarity.manifest import source_hash
from similarity.stores.bucket import BucketStore

Bundle = Mapping[str, bytes]


class Replacing(http.server.ThreadingHTTPServer):
    """Answers ranged GETs from `before`, and from request number `at` on (counted from 0) from `after`.

    The first `busy` requests get 503 SlowDown.
    """

    daemon_threads = True

    def __init__(self, before: Bundle, after: Bundle, at: int, busy: int = 0) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.before, self.after, self.at, self.busy = before, after, at, busy
        self._lock = threading.Lock()
        self.requests = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def next(self, name: str) -> bytes | None:
        """The object as it is at this request; None where the server is busy."""
        with self._lock:
            number, self.requests = self.requests, self.requests + 1
        if number < self.busy:
            return None
        return (self.before if number < self.at else self.after)[name]


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Replacing

    def do_GET(self) -> None:
        data = self.server.next(self.path.rpartition("/")[2])
        if data is None:
            return self._send(503, b"<Error><Code>SlowDown</Code></Error>", {})
        tag = f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'
        if self.headers.get("If-Match", tag) != tag:
            return self._send(412, b"<Error><Code>PreconditionFailed</Code></Error>", {})
        first, last = (int(number) for number in self.headers["Range"].removeprefix("bytes=").split("-"))
        part = data[first : last + 1]
        where = f"bytes {first}-{first + len(part) - 1}/{len(data)}"
        modified = "Wed, 01 Jan 2025 00:00:00 GMT"
        return self._send(206, part, {"Content-Range": where, "ETag": tag, "Last-Modified": modified})

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for key, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Quiet."""


class Context:
    """Lambda's context."""

    aws_request_id = "r"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


def read(directory: Path) -> dict[str, bytes]:
    """A bundle's files."""
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def other(bundle: Bundle) -> dict[str, bytes]:
    """A bundle of the same shapes and sizes whose encoder has other values: only its sums tell them apart."""
    header = safetensors_header.parse(bundle[files.WEIGHTS][: 1 << 16])
    start = min(tensor.offset for tensor in header.tensors.values())
    values = np.frombuffer(bundle[files.WEIGHTS], np.float32, offset=start) * np.float32(1.25)
    changed = {**bundle, files.WEIGHTS: bundle[files.WEIGHTS][:start] + values.tobytes()}
    fields = json.loads(bundle[files.NAME])
    fields["files"][files.WEIGHTS]["sha256"] = hashlib.sha256(changed[files.WEIGHTS]).hexdigest()
    fields["source_hash"] = source_hash({name: files.File(**file) for name, file in fields["files"].items()})
    return {**changed, files.NAME: json.dumps(fields).encode()}


@contextmanager
def served(before: Bundle, after: Bundle, at: int, busy: int = 0) -> Iterator[Replacing]:
    """The server, with the environment of a function of it and a /tmp of its own."""
    with Replacing(before, after, at, busy) as server, tempfile.TemporaryDirectory() as temporary:
        variables = {
            "AWS_ENDPOINT_URL_S3": server.url,
            "AWS_ACCESS_KEY_ID": "any",
            "AWS_SECRET_ACCESS_KEY": "any",
            "STORAGE_BACKEND": "s3",
            "ENGINE": "onnx",
        }
        with mock.patch.dict(os.environ, variables), mock.patch("tempfile.tempdir", temporary):
            threading.Thread(target=server.serve_forever, daemon=True).start()
            try:
                yield server
            finally:
                server.shutdown()


def service() -> EncoderService:
    """A new environment of the function: its process, in this one."""
    return EncoderService(BucketStore("models", "tiny"))


def ask(function: EncoderService, text: str) -> tuple[int, str, str]:
    """Status, bundle and body of an answer with the text's vector."""
    answer = function.handle({"route": "text-to-embed", "text": text}, Context())
    return answer["statusCode"], answer["headers"]["X-Bundle-Hash"], answer["body"]


TEXTS = ("a robot", "a car hit a worker", "the camera saw nobody")


def answers(bundle: Bundle) -> dict[str, tuple[int, str, str]]:
    """What a function over this bundle alone answers."""
    with served(bundle, bundle, 0):
        function = service()
        return {text: ask(function, text) for text in TEXTS}


def requests_of(bundle: Bundle) -> int:
    """Requests that a start and the answers take."""
    with served(bundle, bundle, 0) as server:
        function = service()
        for text in TEXTS:
            ask(function, text)
        return server.requests


def mixtures(before: Bundle, after: Bundle, right: list[dict[str, tuple[int, str, str]]], at: int) -> list[str]:
    """What was wrong where the bundle is replaced at request `at`: before and after a restart with the same /tmp.

    `right` has the `answers` of both.
    """
    wrong = []
    with served(before, after, at) as server:
        for start in ("start", "restart"):
            function = service()
            for text in TEXTS:
                got = ask(function, text)
                if got[0] != 503 and got not in [known[text] for known in right]:
                    wrong.append(f"{start}, {text!r}: {got[0]}, of neither bundle")
            server.at = 0  # by now it is replaced at the latest
        ask(function, "some words that were not asked before")
        if ask(function, TEXTS[0])[:2] != right[1][TEXTS[0]][:2]:
            wrong.append("did not recover")
    return wrong
