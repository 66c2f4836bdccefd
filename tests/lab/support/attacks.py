"""Attacks a running lab from web pages in Chromium, and counts what came through.

A page of another site, served from this machine, sends every kind of request that a browser lets it send. For the
browser a page that rebinds its own name to loopback has the lab's origin, so it may send anything.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser

from tests.lab.support.accounts import owner
from tests.page.support.screen import chromium

EVIL = "evil.test"
_REBOUND = f"--host-resolver-rules=MAP {EVIL} 127.0.0.1"
_LINGER_MS = 150  # seconds that a page stays after its requests
_SETTLE_S = 3.0  # a request that came through has reached a function's log by then
_BODY = json.dumps({"text": "a robot ran over a dog", "Environment": {"Variables": {}}, "Timeout": 7})
#: Ways to send a request to `url` with `body`; each is the body of an asynchronous function.
WAYS = {
    "fetch POST without CORS": "await fetch(url, {method: 'POST', mode: 'no-cors', body, credentials: 'include'})",
    "fetch GET without CORS": "await fetch(url, {mode: 'no-cors'})",
    "fetch GET with CORS": "await fetch(url)",
    "fetch PUT": "await fetch(url, {method: 'PUT', body, headers: {'content-type': 'application/json'}})",
    "fetch POST of JSON": "await fetch(url, {method: 'POST', body, headers: {'content-type': 'application/json'}})",
    "fetch POST with a made-up signature": "await fetch(url, {method: 'POST', body, headers: {authorization: 'AWS4'}})",
    "beacon": "navigator.sendBeacon(url, body)",
    "image": "new Image().src = url; await new Promise((go) => setTimeout(go, 50))",
    "script": "document.head.append(Object.assign(document.createElement('script'), {src: url}))",
    "prefetch": "document.head.append(Object.assign(document.createElement('link'), {rel: 'prefetch', href: url}))",
    "frame": "document.body.append(Object.assign(document.createElement('iframe'), {src: url}))",
    "event source": "new EventSource(url)",
    "web socket": "new WebSocket(url.replace('http', 'ws'))",
    "form POST": """
        const frame = Object.assign(document.createElement('iframe'), {name: 'f' + Math.random()});
        const form = Object.assign(document.createElement('form'), {
            action: url, method: 'POST', enctype: 'text/plain', target: frame.name});
        form.append(Object.assign(document.createElement('input'), {name: body.slice(0, -1) + ',"x":"', value: '"}'}));
        document.body.append(frame, form); form.submit()""",
}


@dataclass(frozen=True)
class Outcome:
    """How many requests pages sent, and what reached a function or changed a configuration, in words."""

    sent: int
    reached: tuple[str, ...]


def attack(outputs: Mapping[str, Any]) -> Outcome:
    """Attack the lab that told these outputs, from pages of other sites and of a rebound name."""
    before = _seen(outputs)
    with _site() as port, chromium(_REBOUND) as browser:
        sent = 0
        for origin, host in ((EVIL, "127.0.0.1"), ("localhost", "localhost"), ("127.0.0.1", "127.0.0.1")):
            for url in _targets(outputs, host):
                sent += _send(browser, f"http://{origin}:{port}/", url)
        for url in _targets(outputs, EVIL):
            sent += _send(browser, f"http://{urlsplit(url).netloc}/", url)
        time.sleep(_SETTLE_S)
    after = _seen(outputs)
    return Outcome(
        sent, tuple(f"{name}: {after[name] - before[name]}" for name in after if after[name] != before[name])
    )


def own_page_reaches(outputs: Mapping[str, Any]) -> int:
    """How many invocations the lab's own page causes by the same means; without that a count of 0 says nothing."""
    before = _seen(outputs)
    with chromium(_REBOUND) as browser:
        [first, *_] = _targets(outputs, "127.0.0.1")
        _send(browser, outputs["pageUrl"], first)
        time.sleep(_SETTLE_S)
    return sum(_seen(outputs).values()) - sum(before.values())


def _targets(outputs: Mapping[str, Any], host: str) -> list[str]:
    """Routes of the HTTP API and operations of the AWS APIs, by another name of this machine."""
    api, aws = (f"http://{host}:{urlsplit(outputs[name]).port}" for name in ("apiUrl", "endpointUrl"))
    backend = outputs["defaultBackend"]
    names = outputs["backends"][backend]
    return [
        f"{api}/{backend}/similar?text=robot",
        f"{api}/{backend}/health",
        f"{aws}/2015-03-31/functions/{names['functionName']}/invocations",
        f"{aws}/2015-03-31/functions/{names['searchFunctionName']}/configuration",
    ]


def _send(browser: Browser, origin: str, url: str) -> int:
    """Send requests in all ways from a page, and by leaving it; how many ways there were."""
    page = browser.new_page()
    page.goto(origin, wait_until="commit")
    ways = "\n".join(f"(async () => {{ {way} }})().catch(() => 0);" for way in WAYS.values())
    page.evaluate(f"([url, body]) => {{ {ways} }}", [url, _BODY])
    page.wait_for_timeout(_LINGER_MS)
    page.evaluate("(url) => { location.href = url }", url)
    page.wait_for_timeout(_LINGER_MS)
    page.close()
    return len(WAYS) + 1


def _seen(outputs: Mapping[str, Any]) -> dict[str, int]:
    """Invocations so far by function, and the configurations, as numbers that change with them."""
    aws, logs = owner("lambda", outputs), owner("logs", outputs)
    seen = {}
    for names in outputs["backends"].values():
        for name in (names["functionName"], names["searchFunctionName"]):
            found = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern='"START RequestId"')
            seen[f"invocations of {name}"] = len(found["events"])
            revision = aws.get_function_configuration(FunctionName=name)["RevisionId"]
            seen[f"configuration of {name}"] = int(revision.replace("-", ""), 16)
    return seen


@contextmanager
def _site() -> Iterator[int]:
    """An attacker's empty page; its port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Empty)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Empty(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>evil</title><body>")

    def log_message(self, *_: object) -> None:
        """Say nothing."""
