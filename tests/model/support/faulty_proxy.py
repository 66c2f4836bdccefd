"""A proxy before the lab that fails as networks and throttled APIs do, in seeded order, and counts its traffic."""

from __future__ import annotations

import http.client
import http.server
import json
import random
import select
import socketserver
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

FAULTS = ("429", "503", "500", "reset", "cut", "late")
_GIVEN_UP_S = 60.0  # a caller that waits longer than this is answered after all


@dataclass
class Traffic:
    """Counts: how often each text was answered, which faults were injected, how many requests came at once."""

    answered: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    most_at_once: int = 0
    _under_way: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def request(self) -> Iterator[None]:
        with self._lock:
            self._under_way += 1
            self.most_at_once = max(self.most_at_once, self._under_way)
        yield
        with self._lock:
            self._under_way -= 1


class _Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore callers that gave up."""


@contextmanager
def proxy(upstream: str, share: float, seed: int) -> Iterator[tuple[str, Traffic]]:
    """URL and traffic of a proxy that lets a `share` of the POST requests fail."""
    target, chance, traffic = urlsplit(upstream), random.Random(seed), Traffic()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._pass_on(b"")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            fault = chance.choice(FAULTS) if chance.random() < share else ""
            with traffic.request():
                if fault:
                    traffic.faults[fault] += 1
                    self._fail(fault, body)
                else:
                    traffic.answered[json.loads(body)["text"]] += 1
                    self._pass_on(body)

        def _fail(self, fault: str, body: bytes) -> None:
            if fault == "reset":
                self.close_connection = True
                self.connection.close()
            elif fault == "late":  # when the caller, which sends nothing meanwhile, has given up
                select.select([self.connection], [], [], _GIVEN_UP_S)
                self._pass_on(body)
            elif fault == "cut":
                self.send_response(200)
                self.send_header("Content-Length", "5000")
                self.end_headers()
                self.wfile.write(b'{"body": {')
                self.close_connection = True
            else:
                answer = b'{"message": "Too Many Requests"}'
                self.send_response(int(fault))
                if fault == "429":
                    self.send_header("Retry-After", "0")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        def _pass_on(self, body: bytes) -> None:
            connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=60)
            headers = {"Content-Type": "application/json"} if body else {}
            connection.request(self.command, target.path + self.path, body or None, headers)
            answer = connection.getresponse()
            data = answer.read()
            self.send_response(answer.status)
            for name in ("X-Bundle-Hash", "Retry-After"):
                if name in answer.headers:
                    self.send_header(name, answer.headers[name])
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
            connection.close()

        def log_message(self, *arguments: object) -> None:
            """Quiet."""

    with _Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", traffic
        server.shutdown()
