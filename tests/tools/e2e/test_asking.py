"""A request counts only if this deployment answers it, and rights count only if nobody else is let in."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench.deployments.deployment import Backend, Deployment
from tools.e2e import asking
from tools.e2e.errors import E2eError

HASH = "a" * 64


@contextmanager
def api(*answers: tuple[int, dict[str, str]], auth: str = "none") -> Iterator[tuple[Deployment, list[str]]]:
    """An API that gives these answers in turn, the last one for ever; yields its deployment and the signatures seen."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, headers = answers[min(len(seen), len(answers) - 1)]
            seen.append(self.headers.get("Authorization", ""))
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            for name, value in {**headers, "Content-Length": "2"}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        backends = (Backend("s3", "f", "g", "here"),)
        fields = {"kind": "aws", "api_url": url, "region": "us-east-1", "auth_mode": auth, "bundle_hash": HASH}
        rest = {"weights": "hub", "engine": "onnx", "architecture": "arm64", "endpoint_url": None}
        yield Deployment(**fields, **rest, backends=backends), seen  # type: ignore[arg-type]
        server.shutdown()
        thread.join()


def right(**changes: str) -> dict[str, str]:
    return {"X-Storage-Backend": "s3", "X-Bundle-Hash": HASH, **changes}


def test_a_cold_gateway_is_asked_again() -> None:
    with api((503, {}), (200, right())) as (deployment, seen):
        asking.ask(deployment, 0.0)
    assert len(seen) == 2


@pytest.mark.parametrize(
    "answer",
    [
        (500, right()),
        (200, right(**{"X-Bundle-Hash": "b" * 64})),
        (200, right(**{"X-Storage-Backend": "efs"})),
        (200, {}),
    ],
)
def test_an_answer_of_another_bundle_or_backend_is_not_enough(answer: tuple[int, dict[str, str]]) -> None:
    with (
        api(answer) as (deployment, seen),
        pytest.raises(E2eError, match=r"/s3/similar must answer .*\(after 8 attempts\)"),
    ):
        asking.ask(deployment, 0.0)
    assert len(seen) == 8


def test_requests_are_signed_where_the_api_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with api((200, right()), auth="iam") as (deployment, seen):
        asking.ask(deployment, 0.0)
    assert seen[0].startswith("AWS4-HMAC-SHA256 Credential=key/")


def test_whoever_has_no_rights_must_be_refused() -> None:
    for status in (401, 403):
        with api((status, {}), auth="iam") as (deployment, seen):
            asking.ask_without_rights(deployment, 0.0)
        assert seen == [""]
    with (
        api((200, right()), auth="iam") as (deployment, _),
        pytest.raises(E2eError, match="401 or 403 must come, and 200"),
    ):
        asking.ask_without_rights(deployment, 0.0)
