"""The address at which a function with SnapStart asks for credentials. A stand-in, on this machine."""

from __future__ import annotations

import http.server
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from unittest import mock

TOKEN = "a token of Lambda"


class Credentials(http.server.ThreadingHTTPServer):
    """Gives keys K1, K2 and so on, each good for `good_for`; `body` is said in their place, with `status`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.good_for = timedelta(hours=6)
        self.body: bytes | None = None
        self.status = 200
        self.given = 0

    def says(self) -> bytes:
        """The answer to a request with the right token."""
        if self.body is not None:
            return self.body
        self.given += 1
        until = datetime.now(UTC) + self.good_for
        return json.dumps(
            {
                "AccessKeyId": f"K{self.given}",
                "SecretAccessKey": "secret",
                "Token": f"T{self.given}",
                "Expiration": until.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        ).encode()


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Credentials

    def do_GET(self) -> None:
        right = self.headers.get("Authorization") == TOKEN and self.path == "/2021-04-23/credentials?of=f"
        body = self.server.says() if right else b""
        self.send_response(self.server.status if right else 403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Quiet."""


@contextmanager
def given() -> Iterator[Credentials]:
    """The server, in an environment that names it and has no keys."""
    with Credentials() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        variables = {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://127.0.0.1:{server.server_port}/2021-04-23/credentials?of=f",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": TOKEN,
        }
        with mock.patch.dict(os.environ, variables):
            for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
                os.environ.pop(name, None)
            try:
                yield server
            finally:
                server.shutdown()
