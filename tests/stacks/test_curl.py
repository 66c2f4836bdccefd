"""The ready curl lines, run by a shell with the real curl: signatures are compared with those of AWS's own SDK."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from stacks import api

REGION = "eu-west-1"
KEY, SECRET, TOKEN = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "a/token+with=signs"


class Gateway(HTTPServer):
    """Answers everything, and remembers the last request's path and headers."""

    path: str
    headers: dict[str, str]


class Answer(BaseHTTPRequestHandler):
    server: Gateway

    def do_GET(self) -> None:
        self.server.path = self.path
        self.server.headers = {name.lower(): value for name, value in self.headers.items()}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"answered")

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    server = Gateway(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def paste(auth: str, gateway: Gateway, shell: str = "sh", **environment: str) -> None:
    """Run the line for a backend as a user would."""
    line = api.curl_line(auth, REGION, f"http://127.0.0.1:{gateway.server_port}", "/efs")
    known = {"PATH": os.environ["PATH"], "NO_PROXY": "127.0.0.1"}
    done = subprocess.run([shell, "-c", line], env={**known, **environment}, capture_output=True, text=True, timeout=60)
    assert done.stdout == "answered", done.stderr
    assert gateway.path == "/efs/similar?num=3&text=A%20robot%20hurt%20a%20worker"


def signature(gateway: Gateway, token: str | None) -> str:
    """Return the Authorization header that AWS expects of the request that arrived."""
    signer = SigV4Auth(Credentials(KEY, SECRET, token), "execute-api", REGION)
    request = AWSRequest("GET", f"http://{gateway.headers['host']}{gateway.path}")
    request.context["timestamp"] = request.headers["X-Amz-Date"] = gateway.headers["x-amz-date"]
    if token:
        request.headers["X-Amz-Security-Token"] = token
    signed = signer.string_to_sign(request, signer.canonical_request(request))
    names = signer.signed_headers(signer.headers_to_sign(request))
    return (
        f"AWS4-HMAC-SHA256 Credential={signer.scope(request)}, SignedHeaders={names}, "
        f"Signature={signer.signature(signed, request)}"
    )


@pytest.mark.parametrize("shell", ["sh", "bash"])
@pytest.mark.parametrize("token", [None, TOKEN], ids=["key", "session"])
def test_a_signed_request_is_what_aws_expects(gateway: Gateway, shell: str, token: str | None) -> None:
    session = {"AWS_SESSION_TOKEN": token} if token else {}
    paste("iam", gateway, shell, AWS_ACCESS_KEY_ID=KEY, AWS_SECRET_ACCESS_KEY=SECRET, **session)

    assert gateway.headers.get("x-amz-security-token") == token
    assert gateway.headers["authorization"] == signature(gateway, token)


def test_a_token_is_sent_as_it_is(gateway: Gateway) -> None:
    paste("jwt", gateway, TOKEN="a.b.c")

    assert gateway.headers["authorization"] == "Bearer a.b.c"


def test_an_open_api_needs_no_credentials(gateway: Gateway) -> None:
    paste("none", gateway)

    assert "authorization" not in gateway.headers
