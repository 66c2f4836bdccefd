"""Drives a deployment, the lab or AWS alike, through its HTTP API and its Lambda API."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench.deployments.answer import request_body
from bench.deployments.auth import make_signer
from bench.deployments.deployment import Deployment
from bench.deployments.functions import Configuration, Functions
from bench.deployments.http import JSON, HttpClient
from bench.deployments.originals import original_of, put_back
from bench.deployments.versions import LATEST, Versions
from bench.runs.bodies import Mix
from bench.runs.direct_reads import SETTINGS
from bench.runs.plan import Variant
from bench.runs.records import Observation, Original
from bench.runs.texts import text_of
from contract.environment import CONFIG_NONCE, ENGINE
from contract.limits import API_TIMEOUT_S

NOTHING = b"{}"  # no text: the function answers 400 without touching the model
_MARGIN_S = 5.0
_LOG_WINDOW_MS = 3_600_000


class LiveTarget:
    """Implements `bench.measure.protocol.Target` over HTTP and boto3.

    `originals` are the functions as they were before the run's first session; a function that is not among them is
    unchanged. With `mix` requests carry its bodies in place of texts. `provisions`: environments are kept ready.
    """

    def __init__(
        self,
        deployment: Deployment,
        functions: Functions,
        originals: Mapping[str, Original] | None = None,
        mix: Mix | None = None,
        *,
        provisions: bool = False,
    ) -> None:
        self._deployment = deployment
        self._functions = functions
        self._versions = Versions(functions)
        sign = make_signer(deployment.auth_mode, deployment.region, functions.session.get_credentials, deployment.login)
        self._http = HttpClient(deployment.api_url, sign)
        self._mix = mix
        self._provisions = provisions
        self._ready: dict[str, str] = {}  # which version answers, by function
        self._originals = dict(originals or {})
        self._found: dict[str, Configuration] = {}

    def describe(self) -> Mapping[str, Mapping[str, Any]]:
        """Memory, time-out, architecture and package type of each backend's function."""
        wanted = ("MemorySize", "Timeout", "Architectures", "PackageType", "EphemeralStorage")
        found = {b.name: self._functions.describe(b) for b in self._deployment.backends}
        return {name: {key: raw[key] for key in wanted if key in raw} for name, raw in found.items()}

    def originals(self, backends: Sequence[str]) -> Mapping[str, Original]:
        """These backends' functions as they were before the run changed anything."""
        return {name: self._original(name) for name in backends}

    def limit_ms(self, variant: Variant) -> float:
        """The function's time-out, and for HTTP the API's if that is shorter."""
        timeout_s = float(self._original(variant.function).timeout_s)
        return 1e3 * (min(timeout_s, API_TIMEOUT_S) if variant.arm == "http" else timeout_s)

    def force_cold(self, variant: Variant, nonce: str) -> str | None:
        """Set nonce, engine, memory and, if planned, direct reads; a new configuration retires all environments.

        Where snapshots are measured, publish it as a version, which is returned and asked from then on.
        """
        memory = variant.memory_mb or self._original(variant.function).memory_mb
        variables = {**self._configured(variant.function).variables, CONFIG_NONCE: nonce}
        backend = self._deployment.backend(variant.function)
        if backend.witnesses is None:
            variables[ENGINE] = variant.engine
        direct = SETTINGS[variant.direct_reads] if variant.direct_reads else None
        self._functions.configure(backend, variables, memory, direct)
        return (
            self._versions.publish(backend, nonce, self._original(variant.function).version) if backend.alias else None
        )

    def keep_ready(self, variant: Variant, nonce: str, count: int) -> str:
        """Have environments of provisioned concurrency answer; they are of a version of their own."""
        version = self._versions.keep_ready(self._deployment.backend(variant.function), nonce, count)
        self._ready[variant.function] = version
        return version

    def let_go(self, variant: Variant) -> None:
        """Give back what was kept ready; $LATEST answers again."""
        self._ready.pop(variant.function, None)
        self._versions.let_go(self._deployment.backend(variant.function))

    def ping(self, variant: Variant) -> float | None:
        """Time a request without a text: the share of network, gateway and Lambda, without the model.

        A function that is not ours need not refuse it, so it gets none.
        """
        if self._deployment.backend(variant.function).witnesses is not None:
            return None
        seen = self.post(variant.function, NOTHING)
        return seen.request_ms if seen.status == 400 and (seen.invocation or 1) > 1 else None

    def call(self, variant: Variant) -> Observation:
        """One measured request: over HTTP, or straight to the function."""
        body, content_type = self._next_body(variant)
        if variant.arm == "http":
            return self.post(variant.function, body, self.limit_ms(variant) / 1e3, content_type)
        backend = self._deployment.backend(variant.function)
        event = _event(backend.route, body, content_type)
        return self._functions.invoke(backend, event, self._ready.get(variant.function))

    def _next_body(self, variant: Variant) -> tuple[bytes, str]:
        """What the next request carries, and its type."""
        if self._mix is None:
            return request_body(text_of(variant.tokens)), JSON
        body = self._mix.draw()
        return body.content, body.facts.content_type

    def post(self, backend: str, body: bytes, limit_s: float = API_TIMEOUT_S, content_type: str = JSON) -> Observation:
        """One request with this body over HTTP; the client waits a little longer than the API does."""
        return self._http.post(self._deployment.backend(backend).route, body, limit_s + _MARGIN_S, content_type)

    def call_at_once(self, variant: Variant, count: int) -> Sequence[Observation]:
        """`count` requests from as many threads, released together."""
        self._original(variant.function)
        barrier = threading.Barrier(count)

        def call() -> Observation:
            barrier.wait()
            return self.call(variant)

        with ThreadPoolExecutor(count) as pool:
            return [future.result() for future in [pool.submit(call) for _ in range(count)]]

    def log_lines(self, variant: Variant, seen: Sequence[Observation]) -> tuple[str, ...]:
        """Lambda's lines from the log tail or, if there is none, from CloudWatch Logs by log stream and request id."""
        tails = [line for observation in seen for line in observation.log_tail]
        backend = self._deployment.backend(variant.function)
        missing = [o for o in seen if not o.log_tail and (o.log_stream or backend.alias) and o.request_id]
        streams = {o.log_stream for o in missing if o.log_stream}
        ids = {o.request_id for o in missing if o.request_id}
        since_ms = int(time.time() * 1e3) - _LOG_WINDOW_MS
        found = self._functions.log_lines(backend, streams, ids, since_ms) if ids else ()
        return tuple(tails) + found

    def restore(self) -> None:
        """Put back every configuration that was changed."""
        put_back(self._functions, self._deployment, self._originals)

    def _original(self, name: str) -> Original:
        """A backend's function before the run touched it."""
        if name not in self._originals:
            version = self._versions.current(self._deployment.backend(name)) or (LATEST if self._provisions else None)
            self._originals[name] = original_of(self._configured(name), version)
        return self._originals[name]

    def _configured(self, name: str) -> Configuration:
        """The configuration that this process found."""
        if name not in self._found:
            self._found[name] = self._functions.configuration(self._deployment.backend(name))
        return self._found[name]


def _event(path: str, body: bytes, content_type: str) -> dict[str, Any]:
    """The event an HTTP API would send for this request (payload format 2.0)."""
    return {
        "version": "2.0",
        "routeKey": f"POST {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": content_type},
        "requestContext": {"http": {"method": "POST", "path": path}},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }
