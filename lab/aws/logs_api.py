"""Serves CloudWatch Logs' FilterLogEvents, as far as finding a REPORT line by its request id needs it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from lab.runtime.function import Function
from lab.runtime.logs import Event

TARGET = "Logs_20140328.FilterLogEvents"
_TERM = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
_MAX_EVENTS = 10_000


class LogsApi:
    """Serves POST / with `X-Amz-Target: Logs_20140328.FilterLogEvents`."""

    def __init__(self, functions: Mapping[str, Function]) -> None:
        self._functions = functions

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request in the AWS JSON 1.1 protocol."""
        target = request.headers.get("X-Amz-Target", "")
        if target != TARGET:
            return _error("UnknownOperationException", f"the lab has FilterLogEvents, not {target or 'this'}")
        try:
            query = json.loads(await request.read())
        except ValueError as error:
            return _error("SerializationException", f"the body is not JSON: {error}")
        if not isinstance(query, dict):
            return _error("SerializationException", "the body is not a JSON object")
        group = query.get("logGroupName")
        logs = next((fn.logs for fn in self._functions.values() if fn.logs.name == group), None)
        if logs is None:
            return _error("ResourceNotFoundException", "The specified log group does not exist.")
        after = int(query.get("nextToken", -1))
        found = [event for event in logs.events if event.sequence > after and _matches(event, query)]
        page = found[: query.get("limit", _MAX_EVENTS)]
        answer: dict[str, Any] = {"events": [_describe(event) for event in page], "searchedLogStreams": []}
        if len(page) < len(found):
            answer["nextToken"] = str(page[-1].sequence)
        return web.json_response(answer, content_type="application/x-amz-json-1.1")


def _matches(event: Event, query: Mapping[str, Any]) -> bool:
    """True if the event is of the streams and times asked for and contains every term of the filter pattern."""
    streams = query.get("logStreamNames")
    terms = [quoted or bare for quoted, bare in _TERM.findall(query.get("filterPattern", ""))]
    return (
        (streams is None or event.stream in streams)
        and event.stream.startswith(query.get("logStreamNamePrefix", ""))
        and query.get("startTime", 0) <= event.timestamp <= query.get("endTime", event.timestamp)
        and all(term in event.message for term in terms)
    )


def _describe(event: Event) -> dict[str, Any]:
    return {
        "logStreamName": event.stream,
        "timestamp": event.timestamp,
        "message": f"{event.message}\n",
        "ingestionTime": event.timestamp,
        "eventId": str(event.sequence),
    }


def _error(code: str, message: str) -> web.Response:
    body = {"__type": code, "message": message}
    return web.json_response(body, status=400, content_type="application/x-amz-json-1.1")
