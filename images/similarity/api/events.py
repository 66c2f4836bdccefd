"""Tells what an event is: a request of an HTTP API, fields passed directly, or something of another service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contract.routes import FIELDS
from similarity.base.errors import BadRequest

WRAPPED = ("body", "queryStringParameters")  # where the fields of a direct call may be, too
SEND = 'send {"route": "similar", "text": "…"}, or ask through the HTTP API'


@dataclass(frozen=True)
class Http:
    """The method and the path of a request that API Gateway passed on; `path` is checked later."""

    method: str
    path: object


def http(event: Mapping[str, Any]) -> Http | None:
    """The HTTP request that an event describes (payload format 2.0 or 1.0); None if the event has none.

    Raises BadRequest for an event of a load balancer, which passes the query on in another way.
    """
    context = event.get("requestContext")
    context = context if isinstance(context, Mapping) else {}
    of_2 = context.get("http")
    if isinstance(of_2, Mapping):
        return Http(str(of_2.get("method", "GET")), event.get("rawPath", "/"))
    if "elb" in context:
        raise BadRequest("the event is of a load balancer (ALB): ask through an HTTP API, payload format 2.0 or 1.0")
    if "httpMethod" in event or "path" in event:
        return Http(str(event.get("httpMethod", "GET")), event.get("path", "/"))
    return None


def check_direct(event: Mapping[str, Any]) -> None:
    """Raise BadRequest for an event without a route and without a field: it is not for this service."""
    if "route" in event or any(name in event for name in FIELDS):
        return
    for name, source in (
        ("Records", "a queue, topic or bucket"),
        ("detail-type", "EventBridge"),
        ("requestContext", "an API other than an HTTP API"),
    ):
        if name in event:
            raise BadRequest(f"the event is of {source}, which this service does not answer: {SEND}")
    if not any(name in event for name in WRAPPED):
        raise BadRequest(f"the event names no route and holds no field: {SEND}")
