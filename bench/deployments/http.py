"""Sends one HTTP request and times it by one monotonic clock, connecting apart from asking."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, cast

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

from bench.deployments.answer import observe
from bench.deployments.auth import Signer
from bench.process import certificates
from bench.runs.records import Observation
from contract.certificates import REQUESTS

JSON = "application/json"


class _TimedHTTP(HTTPConnection):
    """A connection that remembers how long connecting took (DNS and TCP)."""

    connect_ms = 0.0

    def connect(self) -> None:
        started = time.perf_counter()
        super().connect()
        self.connect_ms = (time.perf_counter() - started) * 1e3


class _TimedHTTPS(HTTPSConnection):
    """The same with TLS."""

    connect_ms = 0.0

    def connect(self) -> None:
        started = time.perf_counter()
        super().connect()
        self.connect_ms = (time.perf_counter() - started) * 1e3


class _TimingAdapter(HTTPAdapter):
    """An adapter for a single request: makes no retries, and its connections time themselves."""

    def __init__(self) -> None:
        super().__init__(max_retries=0)
        self._opened: list[_TimedHTTP | _TimedHTTPS] = []

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool = super().get_connection_with_tls_context(*args, **kwargs)
        kind = _TimedHTTPS if pool.scheme == "https" else _TimedHTTP

        def connection(*conn_args: Any, **conn_kwargs: Any) -> _TimedHTTP | _TimedHTTPS:
            opened = kind(*conn_args, **conn_kwargs)
            self._opened.append(opened)
            return opened

        pool.ConnectionCls = cast(Any, connection)
        return pool

    @property
    def connect_ms(self) -> float:
        """Time spent connecting, over all connections this adapter opened."""
        return sum(connection.connect_ms for connection in self._opened)


class HttpClient:
    """Sends measured requests to an HTTP API: a new connection each, no retries, no redirects.

    Raises UsageError if the environment names certificates with which none can be sent.
    """

    def __init__(self, api_url: str, sign: Signer, clock: Callable[[], float] = time.perf_counter) -> None:
        certificates.check(api_url, REQUESTS)
        self._api_url = api_url
        self._sign = sign
        self._clock = clock

    def post(self, path: str, body: bytes, timeout_s: float, content_type: str = JSON) -> Observation:
        """POST a body and observe what comes back. Network failures become observations, not exceptions."""
        with requests.Session() as session:
            adapter = _TimingAdapter()
            session.mount("http://", adapter)
            session.mount("https://", adapter)
            headers = {"Content-Type": content_type}
            request = session.prepare_request(
                requests.Request("POST", self._api_url + path, data=body, headers=headers)
            )
            self._sign(request)
            settings = session.merge_environment_settings(str(request.url), {}, None, None, None)
            started = self._clock()
            try:
                response = session.send(request, timeout=timeout_s, allow_redirects=False, **settings)
                content = response.content
            except requests.RequestException as error:
                total_ms = (self._clock() - started) * 1e3
                return Observation(
                    connect_ms=round(adapter.connect_ms, 3),
                    request_ms=round(total_ms - adapter.connect_ms, 3),
                    error=f"{type(error).__name__}: {error}",
                    timed_out=isinstance(error, requests.ReadTimeout),
                )
            total_ms = (self._clock() - started) * 1e3
            connect_ms = adapter.connect_ms
            return observe(connect_ms, total_ms - connect_ms, response.status_code, response.headers, content)
