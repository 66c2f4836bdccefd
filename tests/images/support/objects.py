"""An S3 server that follows a script: its objects change, it is busy, it refuses, it breaks connections."""

from __future__ import annotations

import functools
import hashlib
import http.server
import os
import socket
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from unittest import mock

Bundle = Mapping[str, bytes]


@dataclass(frozen=True)
class Turn:
    """What happens to one request.

    `objects` are those of this moment. The answer comes after `wait` seconds. `status` may differ from 200, and the
    connection is reset after `reset` bytes of the body; -1 is before the answer begins.
    """

    objects: Bundle
    status: int = 200
    reset: int | None = None
    wait: float = 0.0


Script = Callable[[int, str], Turn]
"""The turn of a request, by its number, counted from 0, and the name that it requests."""


def steady(bundle: Bundle) -> Script:
    """The same objects for ever."""
    return lambda number, name: Turn(bundle)


class Objects(http.server.ThreadingHTTPServer):
    """Answers ranged GETs; `asked` has the names that were asked for, `keys` the access keys that signed, in order."""

    daemon_threads = True

    def __init__(self, script: Script) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script = script
        self.asked: list[str] = []
        self.keys: list[str] = []
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def turn(self, name: str) -> Turn:
        """What happens to this request."""
        with self._lock:
            self.asked.append(name)
            return self.script(len(self.asked) - 1, name)

    def handle_error(self, *arguments: object) -> None:
        """Clients may hang up."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Objects

    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2]
        self.server.keys.append(self.headers.get("Authorization", "").partition("Credential=")[2].partition("/")[0])
        turn = self.server.turn(name)
        time.sleep(max(0.0, turn.wait))
        if turn.status != 200:
            return self._send(turn.status, b"<Error><Code>Planned</Code></Error>", {}, turn.reset)
        data = turn.objects.get(name)
        if data is None:
            return self._send(404, b"<Error><Code>NoSuchKey</Code></Error>", {}, turn.reset)
        tag = _tag(data)
        if self.headers.get("If-Match", tag) != tag:
            return self._send(412, b"<Error><Code>PreconditionFailed</Code></Error>", {}, turn.reset)
        first, last = (int(number) for number in self.headers["Range"].removeprefix("bytes=").split("-"))
        part = data[first : last + 1]
        where = f"bytes {first}-{first + len(part) - 1}/{len(data)}"
        modified = "Wed, 01 Jan 2025 00:00:00 GMT"
        headers = {"Content-Range": where, "ETag": tag, "Last-Modified": modified}
        return self._send(206, part, headers, turn.reset)

    def _send(self, status: int, body: bytes, headers: Mapping[str, str], reset: int | None) -> None:
        if reset != -1:
            self.send_response(status)
            for key, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(body[:reset])
        if reset is not None:
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # RST, not FIN
            self.connection.close()

    def log_message(self, *arguments: object) -> None:
        """Quiet."""


@functools.lru_cache
def _tag(data: bytes) -> str:
    """The entity tag that S3 gives to an object."""
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'


@contextmanager
def served(script: Script) -> Iterator[Objects]:
    """The server, with the environment of a function of it and a /tmp of its own, in a process as if just started."""
    fresh = mock.patch("similarity.service.since_process_start", return_value=0.0)
    with fresh, Objects(script) as server, tempfile.TemporaryDirectory() as temporary:
        variables = {**environment(server.url), "STORAGE_BACKEND": "s3", "ENGINE": "onnx"}
        with mock.patch.dict(os.environ, variables), mock.patch("tempfile.tempdir", temporary):
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            try:
                yield server
            finally:
                server.shutdown()


def environment(url: str) -> dict[str, str]:
    """The environment variables for a client of this server."""
    return {"AWS_ENDPOINT_URL_S3": url, "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any"}
