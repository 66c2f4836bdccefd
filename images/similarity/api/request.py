"""Parses a request from an API Gateway event (payload format 2.0 or 1.0) or from fields passed directly."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from contract.limits import MAX_BODY, MAX_FIELDS
from contract.routes import EMBED_TO_DB, FIELDS, ROUTES, SIMILAR, SNAPSHOTS, Route
from similarity.api import events, fields
from similarity.base.errors import BadRequest

NAMED = 5  # unknown fields that a warning names, each cut to
NAME_LENGTH = 40  # characters
SEND = fields.SEND_TEXT


@dataclass(frozen=True)
class Request:
    """A valid request to `route`, by name. `num` is how many results (negative: all); `warnings` are for the answer.

    `text` is empty where the route takes `embed`, and the other way round.
    """

    route: str
    text: str = ""
    embed: tuple[float, ...] = ()
    num: int = fields.DEFAULT_NUM
    warnings: tuple[str, ...] = ()


def parse(event: object, prefix: str) -> Request:
    """Read an event; `prefix` is the path before this function's routes (`s3`, `minilm/s3`). Raises BadRequest."""
    if not isinstance(event, Mapping):
        raise BadRequest(f"the event is not a JSON object: {events.SEND}")
    http = events.http(event)
    if http is None:
        events.check_direct(event)
        given = _direct(event)
        guess = EMBED_TO_DB if "embed" in given and "text" not in given else SIMILAR
        route = _checked_route(event.get("route", guess.name), prefix)
    else:
        route = _checked_route(http.path, prefix)
        _check_method(http.method, route)
        given = {**_query(event), **_body(event, _send(route))} if route.takes else {}
    return _request(route, given)


def preflight(event: object, prefix: str) -> tuple[str, ...]:
    """The allowed methods, if a browser asks for them (OPTIONS); the HTTP API adds the CORS headers to the answer.

    Empty for every other event, and if the path is not a route.
    """
    try:
        http = events.http(event) if isinstance(event, Mapping) else None
        if http is None or http.method != "OPTIONS":
            return ()
        return _checked_route(http.path, prefix).methods
    except BadRequest:
        return ()


def _request(route: Route, given: Mapping[str, Any]) -> Request:
    used = route.takes
    if not used:
        return Request(route.name)
    num, warnings = fields.num(given["num"]) if "num" in given and "num" in used else (fields.DEFAULT_NUM, [])
    text = fields.text(given.get("text")) if "text" in used else ""
    embed = fields.embed(given.get("embed")) if "embed" in used else ()
    if ignored := [str(name) for name in given if name not in used]:
        warnings.append(_ignored(ignored, used))
    return Request(route.name, text, embed, num, tuple(warnings))


def _ignored(names: list[str], used: tuple[str, ...]) -> str:
    some = ", ".join(name[:NAME_LENGTH] for name in names[:NAMED])
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return _printable(f"Fields that this route does not read were ignored: {some}{more}. It reads {', '.join(used)}.")


def _printable(words: str) -> str:
    """The text without lone surrogates, which cannot be sent back as UTF-8."""
    return words.encode("utf-8", "replace").decode()


def _direct(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields of a direct invocation: in the event, or in its body or query string, where AIID looks for them."""
    if "body" not in event and "queryStringParameters" not in event:
        given = {name: value for name, value in event.items() if name != "route"}
        _check_number_of_fields(len(given))
        return given
    return {**_query(event), **_body(event, SEND), **{name: event[name] for name in FIELDS if name in event}}


def _checked_route(path: object, prefix: str) -> Route:
    """The route in a path.

    It may begin with the function's prefix, with that of its snapshots, with its model's name alone, or with none.
    """
    parts = [part for part in path.split("/") if part] if isinstance(path, str) else []
    whole = [part for part in prefix.split("/") if part]
    snapshots = [part for part in f"{prefix}-{SNAPSHOTS}".split("/") if part]
    for start in (whole, snapshots, whole[:-1]):
        if start and parts[: len(start)] == start:
            parts = parts[len(start) :]
            break
    route = ROUTES.get("/".join(parts))
    if route is None:
        known = ", ".join(f"/{name}" for name in ROUTES)
        raise BadRequest(f"there is no such route; ask for {known}, with a backend's name before it or without", 404)
    return route


def _check_method(method: str, route: Route) -> None:
    if method not in route.methods:
        words = _printable(f"method {method[:20]} is not allowed: {_send(route)}")
        raise BadRequest(words, 405, {"Allow": ", ".join(route.methods)})


def _send(route: Route) -> str:
    """A hint what to send to the route, for a caller who sent something else."""
    if not route.takes:
        return "send GET"
    return fields.SEND_EMBED if "embed" in route.takes else SEND


def _check_number_of_fields(number: int) -> None:
    if number > MAX_FIELDS:
        raise BadRequest(f"there are too many fields: at most {MAX_FIELDS}")


def _query(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """The query string. The HTTP API joins the values of a name with commas, so names are counted in the raw string."""
    query = event.get("queryStringParameters")
    if not isinstance(query, Mapping):
        return {}
    raw = event.get("rawQueryString")
    names = [unquote_plus(part.partition("=")[0]) for part in raw.split("&")] if isinstance(raw, str) else []
    _check_number_of_fields(max(len(query), len(names)))
    several = event.get("multiValueQueryStringParameters")  # of payload format 1.0, which has no raw string
    several = several if isinstance(several, Mapping) else {}
    for name in FIELDS:
        values = several.get(name)
        if names.count(name) > 1 or (isinstance(values, list) and len(values) > 1):
            raise BadRequest(f"{name} is given twice")
    return query


def _body(event: Mapping[str, Any], send: str) -> Mapping[str, Any]:
    body = event.get("body")
    if not body:
        return {}
    if not isinstance(body, str):
        raise BadRequest(f"the body is not text: {send}")
    if len(body) > MAX_BODY * 4 // 3 + 4:  # the size in base64, checked before anything is decoded
        raise BadRequest(f"the body is too large: at most {MAX_BODY} bytes", 413)
    try:
        data = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
        text = data.decode()
    except UnicodeError:
        raise BadRequest(f"the body is not UTF-8: {send}") from None
    except ValueError:
        raise BadRequest("the body is marked as base64 but is not") from None
    if len(data) > MAX_BODY:
        raise BadRequest(f"the body is too large: at most {MAX_BODY} bytes", 413)
    try:
        given = fields.load(text)
    except fields.Malformed as error:
        raise BadRequest(f"the body {error}: {send}") from None
    if not isinstance(given, dict):
        raise BadRequest(f"the body is JSON but not an object: {send}")
    _check_number_of_fields(len(given))
    return given
