"""What a caller wants, out of an API Gateway event (payload format 2.0) or of fields passed directly."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from similarity.errors import BadRequest

MAX_BODY = 1 << 20  # bytes; Lambda itself would take 6 MB, the model reads 4,096 tokens
DEFAULT_NUM = 3
INTEGER = re.compile(r"\s*[+-]?\d{1,18}\s*", re.ASCII)
METHODS = ("GET", "POST")
ROUTES = ("similar",)
SEND = 'send GET ?text=… or POST {"text": "…", "num": 3}'


@dataclass(frozen=True)
class Request:
    """A valid request. `num` is how many results (negative: all); `warnings` are for the answer."""

    route: str
    text: str
    num: int
    warnings: tuple[str, ...]


def parse(event: object, backend: str) -> Request:
    """Read an event; `backend` is the path prefix that belongs to this function. Raises BadRequest."""
    if not isinstance(event, Mapping):
        raise BadRequest(f"the event is no JSON object: {SEND}")
    fields: Mapping[str, Any] = event
    route = str(event.get("route", ROUTES[0]))
    context = event.get("requestContext")
    http = context.get("http") if isinstance(context, Mapping) else None
    if isinstance(http, Mapping):
        route = _route(str(event.get("rawPath", "/")), backend)
        _check_route(route)
        _check_method(str(http.get("method", "GET")))
        query = event.get("queryStringParameters") or {}
        fields = {**(query if isinstance(query, Mapping) else {}), **_body(event)}
    _check_route(route)
    warnings: list[str] = []
    num = _num(fields.get("num", DEFAULT_NUM), warnings)
    return Request(route, _text(fields.get("text")), num, tuple(warnings))


def is_preflight(event: object) -> bool:
    """Whether a browser asks what it may send (OPTIONS); the HTTP API adds the CORS headers to the answer."""
    context = event.get("requestContext") if isinstance(event, Mapping) else None
    http = context.get("http") if isinstance(context, Mapping) else None
    return isinstance(http, Mapping) and http.get("method") == "OPTIONS"


def _route(path: str, backend: str) -> str:
    parts = [part for part in path.split("/") if part]
    if parts and parts[0] == backend:
        parts = parts[1:]
    return "/".join(parts)


def _check_route(route: str) -> None:
    if route not in ROUTES:
        known = ", ".join(f"/{name}" for name in ROUTES)
        raise BadRequest(f"there is no such route; ask for {known}, with a backend's name before it or without", 404)


def _check_method(method: str) -> None:
    if method not in METHODS:
        raise BadRequest(f"method {method[:20]} is not allowed: {SEND}", 405, {"Allow": ", ".join(METHODS)})


def _body(event: Mapping[str, Any]) -> Mapping[str, Any]:
    body = event.get("body")
    if not body:
        return {}
    if not isinstance(body, str):
        raise BadRequest(f"the body is no text: {SEND}")
    if len(body) > MAX_BODY * 4 // 3 + 4:  # the size in base64; checked before anything is decoded
        raise BadRequest(f"the body is too large: at most {MAX_BODY} bytes", 413)
    try:
        data = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
        text = data.decode()
    except UnicodeError:
        raise BadRequest(f"the body is not UTF-8: {SEND}") from None
    except ValueError:
        raise BadRequest("the body is marked as base64 but is not") from None
    if len(data) > MAX_BODY:
        raise BadRequest(f"the body is too large: at most {MAX_BODY} bytes", 413)
    try:
        fields = json.loads(text, parse_int=_integer)
    except (ValueError, RecursionError):
        raise BadRequest(f"the body is no JSON: {SEND}") from None
    if not isinstance(fields, dict):
        raise BadRequest(f"the body is JSON but no object: {SEND}")
    return fields


def _integer(digits: str) -> int | float:
    """Python refuses to read integers of more than 4,300 digits; as a float they are no integer, but JSON."""
    return int(digits) if len(digits) < 100 else float("inf")


def _text(text: object) -> str:
    if text is None:
        raise BadRequest(f"text is missing: {SEND}")
    if not isinstance(text, str):
        raise BadRequest(f"text is no string: {SEND}")
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise BadRequest("text holds a lone surrogate, which is no Unicode character: send valid UTF-8") from None
    if size > MAX_BODY:
        raise BadRequest(f"text is too large: at most {MAX_BODY} bytes", 413)
    if not text.strip():
        raise BadRequest(f"text is empty: {SEND}")
    return text


def _num(value: object, warnings: list[str]) -> int:
    """AIID's rules and its words: no integer means the default, 0 means none."""
    num = value if isinstance(value, int) and not isinstance(value, bool) else None
    if isinstance(value, str):
        num = int(value) if INTEGER.fullmatch(value) else None
    if num is None:
        warnings.append(f'Provided value for "num" invalid, using default of {DEFAULT_NUM}.')
        return DEFAULT_NUM
    if num == 0:
        warnings.append('Zero results requested with the "num" value of 0. Use value <0 for maximum possible.')
    return num
