"""Tells what an event is: a request of an HTTP API, fields passed directly, or something of another service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contract.routes import FIELDS
from similarity.base.errors import BadRequest

WRAPPED = ("body", "queryStringParameters")  # where the fields of a direct call may be, too
SEND = 'send {"route": "similar", "text": "…"}, or ask through the HTTP API'
FOREIGN = {
    "Records": "a queue, topic, bucket or stream",
    "records": "a stream",
    "detail-type": "EventBridge",
    "awslogs": "CloudWatch Logs",
    "triggerSource": "Cognito",
    "ResponseURL": "CloudFormation",
    "bot": "Lex",
    "requestContext": "an API other than an HTTP API",
}
"""Whose event it is, by a field that only that service sends."""
OTHER_APIS = {
    "elb": "a load balancer (ALB)",
    "serviceNetworkArn": "VPC Lattice",
    "connectionId": "a WebSocket API",
}
"""What else passes requests on, in other ways, by a field of `requestContext`."""


@dataclass(frozen=True)
class Http:
    """The method and the path of a request that API Gateway passed on, without its stage; `path` is checked later."""

    method: str
    path: object


def http(event: Mapping[str, Any]) -> Http | None:
    """The HTTP request that an event describes (payload format 2.0 or 1.0); None if the event has none.

    Raises BadRequest for a request that another service passed on in another way.
    """
    context = event.get("requestContext")
    context = context if isinstance(context, Mapping) else {}
    of_2 = context.get("http")
    if isinstance(of_2, Mapping):
        return Http(str(of_2.get("method", "GET")), _staged(event.get("rawPath", "/"), context))
    for name, source in OTHER_APIS.items():
        if name in context:
            raise BadRequest(f"the event is of {source}: ask through an HTTP API, payload format 2.0 or 1.0")
    if "raw_path" in event or "apiPath" in event:  # the first format of VPC Lattice; an agent of Bedrock
        raise BadRequest("the event is of VPC Lattice or Bedrock: ask through an HTTP API, payload format 2.0 or 1.0")
    if "httpMethod" in event or "path" in event:
        return Http(str(event.get("httpMethod", "GET")), _staged(event.get("path", "/"), context))
    return None


def _staged(path: object, context: Mapping[str, Any]) -> object:
    """The path without the name of the API's stage, which an HTTP API puts before it unless it is `$default`."""
    stage = context.get("stage")
    if isinstance(path, str) and isinstance(stage, str) and stage and f"{path}/".startswith(f"/{stage}/"):
        return path[len(stage) + 1 :]
    return path


def check_direct(event: Mapping[str, Any]) -> None:
    """Raise BadRequest for an event without a route and without a field: it is not for this service."""
    if "route" in event or any(name in event for name in FIELDS):
        return
    if "info" in event and "arguments" in event:
        raise BadRequest(f"the event is of AppSync, which this service does not answer: {SEND}")
    for name, source in FOREIGN.items():
        if name in event:
            raise BadRequest(f"the event is of {source}, which this service does not answer: {SEND}")
    if not any(name in event for name in WRAPPED):
        raise BadRequest(f"the event names no route and holds no field: {SEND}")
