"""A small AWS account with planted behaviour: the truth that the benchmark has to find.

`Account` is the state machine (configurations, execution environments, log streams). `SimulatedTarget` puts it straight
under the runner, in virtual time; `serve` puts it behind real sockets, as an HTTP API and an AWS endpoint.
"""

from __future__ import annotations

import base64
import contextlib
import json
import random
import sys
import threading
import time
import urllib.parse
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bench.deployments.answer import observe
from bench.measure.runner import Clock
from bench.runs.plan import Variant
from bench.runs.records import Observation, Original

BUNDLE = "b" * 64
LIMIT_MS = 30_000.0
MEMORY_MB = 2048
KEPT_ALIVE_S = 600.0

Fault = Callable[[str, str, int], str | None]


def no_fault(backend: str, state: str, number: int) -> str | None:
    return None


@dataclass
class Truth:
    """Planted behaviour: request latency in ms by (backend, engine, rng); faults by backend, state, count."""

    cold: Callable[[str, str, random.Random], float] = lambda backend, engine, rng: 200.0
    warm: Callable[[str, str, random.Random], float] = lambda backend, engine, rng: 20.0
    fault: Fault = no_fault
    results: Callable[[str, str], list[tuple[int, float]]] = lambda backend, engine: [(5, 0.9), (2, 0.8), (9, 0.7)]
    seed: int = 0


@dataclass
class Environment:
    id: str
    stream: str
    invocation: int = 0


@dataclass
class Function:
    backend: str
    variables: dict[str, str]
    memory_mb: int = MEMORY_MB
    revision: int = 1
    environment: Environment | None = None
    last_used: float = 0.0
    mounts: list[dict[str, object]] = field(default_factory=list)
    colds: int = 0
    warms: int = 0


@dataclass(frozen=True)
class Reply:
    latency_ms: float
    status: int
    headers: dict[str, str]
    body: bytes
    lines: tuple[str, ...] = ()


@dataclass
class Account:
    truth: Truth
    backends: Sequence[str] = ("efs", "s3", "oci")
    functions: dict[str, Function] = field(default_factory=dict)
    logs: dict[str, list[str]] = field(default_factory=dict)
    updates: int = 0
    seen_headers: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for backend in self.backends:
            self.functions[backend] = Function(backend, {"STORAGE_BACKEND": backend, "KEEP": "me"})

    def update(self, backend: str, variables: dict[str, str], memory_mb: int | None) -> None:
        function = self.functions[backend]
        function.variables, function.memory_mb = dict(variables), memory_mb or function.memory_mb
        function.revision += 1
        self.updates += 1
        if self.truth.fault(backend, "update", function.colds) != "keeps-environment":
            function.environment = None

    def log_events(self, asked: dict[str, Any]) -> list[str]:
        return [line for stream in asked["logStreamNames"] for line in self.logs.get(stream, ())]

    def versions(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        """The answer to a request about versions and aliases; None for any other. Here there are none."""
        return None

    def call(self, backend: str) -> Reply:
        """One invocation of the backend's function: its answer, and how long it takes."""
        function = self.functions[backend]
        state = "warm" if function.environment else "cold"
        number = function.warms if state == "warm" else function.colds
        fault = self.truth.fault(backend, state, number)
        function.warms, function.colds = function.warms + (state == "warm"), function.colds + (state == "cold")
        engine = function.variables.get("ENGINE", "onnx")
        # Latency depends on the request, not on the process, so a resumed run sees what it would have seen.
        visit = function.variables.get("CONFIG_NONCE", "").rpartition("-")[2]
        environment = function.environment or self._start(function)
        environment.invocation += 1
        rng = random.Random(f"{self.truth.seed}/{backend}/{engine}/{state}/{visit}/{environment.invocation}")
        latency = (self.truth.cold if state == "cold" else self.truth.warm)(backend, engine, rng)
        if fault == "fails":
            return Reply(latency, 503, {"X-Environment-Id": environment.id}, b'{"message": "the store is missing"}')
        if fault == "times-out":
            return Reply(LIMIT_MS, 503, {}, b'{"message": "Service Unavailable"}')
        return self._answer(function, environment, state, fault, latency)

    def _start(self, function: Function) -> Environment:
        function.environment = Environment(str(uuid.uuid4()), f"2026/01/01/[$LATEST]{uuid.uuid4().hex}")
        self.logs[function.environment.stream] = []
        return function.environment

    def _answer(self, function: Function, env: Environment, state: str, fault: str | None, latency: float) -> Reply:
        request_id = str(uuid.uuid4())
        init = 0.6 * latency if state == "cold" else None
        phases = {"tokenize": 0.1, "encode": 0.2 * latency, "rank": 0.1, "handler": 0.3 * latency}
        starts: dict[str, float] = {}
        if state == "cold":
            phases |= {"boot": 0.1 * latency, "init": 0.5 * latency, "idle": 1.0, "import": 0.2 * latency}
            phases |= {"fetch": 0.3 * latency, "load": 0.05 * latency, "wait": 0.05 * latency}
            starts = {"boot": 0.0, "init": 0.1, "import": 0.1, "fetch": 0.15, "load": 0.45}
        lines = []
        if fault == "second-init":
            lines.append("INIT_REPORT Init Duration: 9999.12 ms\tPhase: init\tStatus: timeout")
            init = None
        if fault == "proactive":
            phases["idle"] = 240_000.0
        if fault == "no-init-duration":
            init = None
        lines.append(report_line(request_id, 0.3 * latency, function.memory_mb, 400, init))
        self.logs[env.stream] += lines
        variables = function.variables
        engine = variables.get("ENGINE", "onnx")
        headers = {
            "X-Environment-Id": env.id,
            "X-Invocation": "7" if fault == "wrong-invocation" else str(env.invocation),
            "X-Config-Nonce": "stale" if fault == "stale-nonce" else variables.get("CONFIG_NONCE", ""),
            "X-Storage-Backend": function.backend,
            "X-Engine": engine,
            "X-Bundle-Hash": "0" * 64 if fault == "other-bundle" else BUNDLE,
            "X-Weights": "synthetic",
            "X-Fetched-Bytes": "340000000" if state == "cold" else "0",
            "X-Request-Id": request_id,
            "X-Log-Stream": env.stream,
            "Server-Timing": ", ".join(
                f"{name};dur={value:.3f}" + (f";start={starts[name] * latency:.3f}" if name in starts else "")
                for name, value in phases.items()
            ),
        }
        results = [
            {"incident_id": i, "similarity": s, "title": "t"} for i, s in self.truth.results(function.backend, engine)
        ]
        body = json.dumps({"isBase64Encoded": False, "statusCode": 200, "body": {"warnings": [], "results": results}})
        return Reply(latency, 200, headers, body.encode(), tuple(lines))


def report_line(request_id: str, duration: float, memory: int, peak: int, init: float | None) -> str:
    line = (
        f"REPORT RequestId: {request_id}\tDuration: {duration:.2f} ms\tBilled Duration: {int(duration) + 1} ms\t"
        f"Memory Size: {memory} MB\tMax Memory Used: {peak} MB\t"
    )
    return line + (f"Init Duration: {init:.2f} ms\t" if init is not None else "")


class VirtualTime:
    def __init__(self) -> None:
        self.now = 0.0

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now, lambda: f"2026-01-01T00:00:00+{self.now:.3f}s", self.sleep)

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class SimulatedTarget:
    """The account as a `Target`, in virtual time: a run of hours takes milliseconds."""

    def __init__(self, account: Account, virtual: VirtualTime) -> None:
        self.account, self.virtual = account, virtual

    def describe(self) -> dict[str, dict[str, object]]:
        return {name: {"MemorySize": f.memory_mb, "Timeout": 30} for name, f in self.account.functions.items()}

    def originals(self, backends: Sequence[str]) -> dict[str, Original]:
        functions = {name: self.account.functions[name] for name in backends}
        return {name: Original(f.memory_mb, 30, {"CONFIG_NONCE": None}) for name, f in functions.items()}

    def limit_ms(self, variant: Variant) -> float:
        return LIMIT_MS

    def force_cold(self, variant: Variant, nonce: str) -> str | None:
        self.virtual.now += 1.0
        variables = {
            **self.account.functions[variant.backend].variables,
            "CONFIG_NONCE": nonce,
            "ENGINE": variant.engine,
        }
        self.account.update(variant.backend, variables, variant.memory_mb)
        return None

    def ping(self, variant: Variant) -> float | None:
        return 2.0

    def call(self, variant: Variant) -> Observation:
        function = self.account.functions[variant.backend]
        if self.virtual.now - function.last_used > KEPT_ALIVE_S:
            function.environment = None
        reply = self.account.call(variant.backend)
        self.virtual.now += reply.latency_ms / 1e3
        function.last_used = self.virtual.now
        tail = reply.lines if variant.arm == "invoke" else ()
        return observe(1.0, reply.latency_ms, reply.status, reply.headers, reply.body, tail)

    def call_at_once(self, variant: Variant, count: int) -> list[Observation]:
        function, seen = self.account.functions[variant.backend], []
        kept = function.environment
        for number in range(count):  # the first finds the existing environment, the others find none that is free
            function.environment = kept if number == 0 else None
            seen.append(self.call(variant))
        function.environment = kept
        return seen

    def log_lines(self, variant: Variant, seen: Sequence[Observation]) -> tuple[str, ...]:
        streams = dict.fromkeys(o.log_stream for o in seen if o.log_stream)
        return tuple(line for stream in streams for line in self.account.logs[stream])

    def restore(self) -> None:
        pass


def outputs(api_url: str, endpoint_url: str | None, account: Account, target: str = "lab") -> dict[str, object]:
    return {
        "target": target, "apiUrl": api_url, "region": "us-east-1", "authMode": "none", "engine": "onnx",
        "architecture": "x86_64", "bundleHash": BUNDLE, "weights": "synthetic", "defaultBackend": "s3",
        "endpointUrl": endpoint_url,
        "backends": {
            name: {"functionName": f"model-storage-{name}", "logGroup": f"/aws/lambda/model-storage-{name}",
                   "storage": f"a simulated {name}", "curl": "curl"}
            for name in account.backends
        },
    }  # fmt: skip


@contextlib.contextmanager
def serve(account: Account) -> Iterator[str]:
    """The account on a loopback port, HTTP API and AWS endpoint in one; yields the URL."""
    lock = threading.Lock()

    class Handler(_Handler):
        the_account, the_lock = account, lock

    server = _Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a killed client says nothing about the server
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    the_account: Account
    the_lock: threading.Lock
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        pass

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _body(self) -> dict[str, object]:
        length = int(self.headers.get("Content-Length", 0))
        raw = self.rfile.read(length)
        if len(raw) < length:
            raise ConnectionResetError("the client was killed while it sent")
        return json.loads(raw) if raw else {}

    def do_GET(self) -> None:
        if "/functions/" not in self.path:
            self._send(404, b'{"message": "Not Found"}')
            return
        if self._versions("GET", {}):
            return
        self._send(200, json.dumps(self._configuration(self._function())).encode())

    def do_PUT(self) -> None:
        body, function = self._body(), self._function()
        if self._versions("PUT", body):
            return
        with self.the_lock:
            self.the_account.update(function.backend, body["Environment"]["Variables"], body.get("MemorySize"))
            if self.the_account.truth.fault(function.backend, "mount", function.colds) != "keeps-direct-reads":
                function.mounts = body.get("FileSystemConfigs", function.mounts)
        self._send(200, json.dumps(self._configuration(function)).encode())

    def do_DELETE(self) -> None:
        self._versions("DELETE", {})

    def _versions(self, method: str, body: dict[str, object]) -> bool:
        """Whether the request was about versions and aliases, and is answered."""
        with self.the_lock:
            answer = self.the_account.versions(method, self.path, body)
        if answer is None:
            return False
        status, said = answer
        headers = {} if status < 400 else {"X-Amzn-ErrorType": said["Code"]}
        self._send(status, json.dumps(said).encode() if status != 204 else b"", headers)
        return True

    def do_POST(self) -> None:
        self.the_account.seen_headers.append(dict(self.headers.items()))
        body = self._body()
        if self._versions("POST", body):
            return
        if self.headers.get("X-Amz-Target", "").endswith("FilterLogEvents"):
            lines = self.the_account.log_events(body)
            self._send(200, json.dumps({"events": [{"message": line} for line in lines]}).encode())
            return
        invoked = self.path.startswith("/2015-03-31/")
        backend = self._function().backend if invoked else self.path.split("/")[1]
        if not invoked and "text" not in body:
            self._refuse(backend)
            return
        with self.the_lock:
            reply = self.the_account.call(backend)
        time.sleep(reply.latency_ms / 1e3)
        if not invoked:
            self._send(reply.status, reply.body, reply.headers)
            return
        answer = {"statusCode": reply.status, "headers": reply.headers, "body": reply.body.decode()}
        tail = base64.b64encode("\n".join(reply.lines).encode()).decode()
        self._send(200, json.dumps(answer).encode(), {"X-Amz-Log-Result": tail})

    def _refuse(self, backend: str) -> None:
        """The service's answer without a text: 400, with its witnesses and a REPORT line."""
        with self.the_lock:
            reply = self.the_account.call(backend)
        self._send(400, b'{"message": "send a text"}', reply.headers)

    def _function(self) -> Function:
        name = urllib.parse.unquote(self.path).split("/functions/")[1].split("/")[0]
        return self.the_account.functions[name.removeprefix("model-storage-")]

    def _configuration(self, function: Function) -> dict[str, object]:
        return {
            "FunctionName": f"model-storage-{function.backend}", "MemorySize": function.memory_mb, "Timeout": 30,
            "Environment": {"Variables": function.variables}, "RevisionId": str(function.revision),
            "LastUpdateStatus": "Successful", "State": "Active", "Architectures": ["x86_64"], "PackageType": "Image",
            "FileSystemConfigs": function.mounts,
        }  # fmt: skip
