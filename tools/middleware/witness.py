"""Makes a Lambda function in Python tell the benchmark who answered: copy this file beside your handler.

Standard library only, so that it adds little to a cold start. Put the decorator onto the handler:

    from witness import witnessed

    @witnessed
    def handler(event, context): ...

The handler is one of an HTTP API (payload format 2.0), and may return either a response or anything that JSON can hold.
"""

from __future__ import annotations

import functools
import json
import os
import time
import uuid
from collections.abc import Callable
from typing import Any

Handler = Callable[[dict[str, Any], Any], Any]

_ENVIRONMENT = uuid.uuid4().hex  # made anew with each execution environment, because this module is
_calls = 0


def witnessed(handler: Handler) -> Handler:
    """The handler, whose answers carry the witness headers of docs/any-function.md."""
    ready = time.monotonic()  # INIT ends about here

    @functools.wraps(handler)
    def with_headers(event: dict[str, Any], context: Any) -> Any:
        global _calls
        _calls += 1
        started = time.monotonic()
        answer = _response(handler(event, context))
        timing = [f"handler;dur={(time.monotonic() - started) * 1e3:.3f}"]
        if _calls == 1:  # a long idle time tells an environment that was made before anybody asked
            timing.append(f"idle;dur={(started - ready) * 1e3:.3f}")
        answer["headers"] = {
            **answer.get("headers", {}),
            "X-Environment-Id": _ENVIRONMENT,
            "X-Invocation": str(_calls),
            "X-Config-Nonce": os.environ.get("CONFIG_NONCE", ""),
            "X-Request-Id": context.aws_request_id,
            "X-Log-Stream": context.log_stream_name,
            "Server-Timing": ", ".join(timing),
        }
        return answer

    return with_headers


def _response(answer: Any) -> dict[str, Any]:
    """What the API would make of an answer without a status: JSON, and 200."""
    if isinstance(answer, dict) and "statusCode" in answer:
        return dict(answer)
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(answer)}
