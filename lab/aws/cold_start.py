"""Makes the next start of a function a cold one, for the lab's own page."""

from __future__ import annotations

import json
import uuid

from lab.runtime.function import Function, Invocation, UpdateInProgressError

_SUCCESSFUL = "Successful"


class ColdStart:
    """Takes a POST for a function: ends its environments and makes its storage cold, as an update does."""

    def __init__(self, function: Function) -> None:
        self._function = function

    async def invoke(self, event: bytes) -> Invocation:
        """Answer one event: 200 when the next start will be a cold one, 409 or 503 with the reason if it will not."""
        try:
            configuration = await self._function.renew()
        except UpdateInProgressError:
            return _answer(409, "the function is being updated already; ask again in a moment")
        if configuration.update_status != _SUCCESSFUL:
            return _answer(503, configuration.update_reason)
        return _answer(200, "the next start is a cold one")


def _answer(status: int, message: str) -> Invocation:
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    result = {"statusCode": status, "headers": headers, "body": json.dumps({"message": message})}
    return Invocation(str(uuid.uuid4()), json.dumps(result).encode(), function_error=False, log=())
