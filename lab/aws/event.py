"""Converts HTTP requests to events of payload format 2.0, and results to responses, as API Gateway does."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web
from multidict import CIMultiDict

from lab.aws.routes import proxied
from lab.host.identity import ACCOUNT_ID

API_ID = "lab0000000"
_TEXT_TYPES = ("text/", "application/json", "application/javascript", "application/xml")
_TEXT_SUFFIXES = ("+json", "+xml")


class BadResultError(ValueError):
    """The function's result is not a response in payload format 2.0."""


def event_of(request: web.Request, body: bytes, route: str, request_id: str) -> dict[str, Any]:
    """Build the event for a request to `route` (`$default`, `GET /x` or `ANY /x/{proxy+}`)."""
    now = time.time()
    headers = _headers(request)
    raw_query = request.rel_url.raw_query_string
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route,
        "rawPath": request.path,
        "rawQueryString": raw_query,
        "headers": headers,
        "requestContext": {
            "accountId": ACCOUNT_ID,
            "apiId": API_ID,
            "domainName": request.host,
            "domainPrefix": API_ID,
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": f"HTTP/{request.version.major}.{request.version.minor}",
                "sourceIp": request.remote or "127.0.0.1",
                "userAgent": request.headers.get("User-Agent", ""),
            },
            "requestId": request_id,
            "routeKey": route,
            "stage": "$default",
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
            "timeEpoch": int(now * 1000),
        },
        "isBase64Encoded": False,
    }
    cookies = [part.strip() for line in request.headers.getall("Cookie", []) for part in line.split(";")]
    if cookies:
        event["cookies"] = cookies
    if query := _joined(parse_qsl(raw_query, keep_blank_values=True)):
        event["queryStringParameters"] = query
    if (rest := proxied(route, request.path)) is not None:
        event["pathParameters"] = {"proxy": rest}
    if body:
        text = _as_text(request, body)
        event["isBase64Encoded"] = text is None
        event["body"] = base64.b64encode(body).decode() if text is None else text
    return event


def response_of(payload: bytes) -> web.Response:
    """Map a function's result to the HTTP response; raises BadResultError if it cannot be one."""
    try:
        result = json.loads(payload)
    except ValueError as error:
        raise BadResultError(f"the result is not JSON: {error}") from error
    if not isinstance(result, dict) or "statusCode" not in result:
        text = result if isinstance(result, str) else json.dumps(result)
        return web.Response(text=text, content_type="application/json")
    try:
        status = int(result["statusCode"])
        content = _content(result.get("body"), encoded=bool(result.get("isBase64Encoded")))
        headers = _response_headers(result.get("headers") or {}, result.get("cookies") or [])
    except (AttributeError, TypeError, ValueError) as error:
        raise BadResultError(str(error)) from error
    if not 100 <= status <= 599:
        raise BadResultError(f"statusCode {status} is not an HTTP status")
    return web.Response(status=status, body=content, headers=headers)


def _content(body: object, *, encoded: bool) -> bytes:
    if body is None:
        return b""
    if not isinstance(body, str):
        raise TypeError(f"body is {type(body).__name__}, not a string")
    return base64.b64decode(body, validate=True) if encoded else body.encode()


def _response_headers(headers: Mapping[str, object], cookies: Sequence[str]) -> CIMultiDict[str]:
    """The response's headers; raises ValueError for a value that would end the header."""
    response = CIMultiDict((name, _header_text(value)) for name, value in headers.items())
    response.setdefault("Content-Type", "text/plain; charset=utf-8")
    for cookie in cookies:
        response.add("Set-Cookie", cookie)
    for name in ("Content-Length", "Connection", "Transfer-Encoding"):  # the gateway sets these itself
        response.popall(name, None)
    for name, value in response.items():
        if any(character in name + value for character in "\r\n\0"):
            raise ValueError(f"{name!r} is not a valid header")
    return response


def _headers(request: web.Request) -> dict[str, str]:
    """The request's headers, lower-case, repeated ones joined, plus what the gateway adds."""
    pairs = [(name.lower(), value) for name, value in request.headers.items() if name.lower() != "cookie"]
    return {
        **_joined(pairs),
        "x-amzn-trace-id": f"Root=1-{int(time.time()):08x}-{time.time_ns() & (1 << 96) - 1:024x}",
        "x-forwarded-for": request.remote or "127.0.0.1",
        "x-forwarded-port": request.host.rpartition(":")[2],
        "x-forwarded-proto": request.scheme,
    }


def _joined(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """A mapping of the pairs; values of one name are joined with commas, in order."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: ",".join(several) for name, several in values.items()}


def _as_text(request: web.Request, body: bytes) -> str | None:
    """The body as text if the gateway would pass it as text, None if it would encode it."""
    kind = request.content_type
    textual = kind.startswith(_TEXT_TYPES) or kind.endswith(_TEXT_SUFFIXES) or "Content-Type" not in request.headers
    if not textual or "Content-Encoding" in request.headers:
        return None
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def _header_text(value: object) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)
