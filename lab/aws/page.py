"""Serves the page and the API's description, which on AWS a small function of its own does."""

from __future__ import annotations

import asyncio
import json
import logging
import traceback
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from lab.runtime.function import Invocation

_log = logging.getLogger(__name__)


class Page:
    """Answers events by calling `handler` in this process; it loads nothing, so it has no cold start."""

    def __init__(self, handler: Callable[[Mapping[str, Any], object], dict[str, Any]]) -> None:
        self._handler = handler

    async def invoke(self, event: bytes) -> Invocation:
        """Answer one event; a handler that raises is a function error, as on Lambda."""
        request_id = str(uuid.uuid4())
        try:
            result = await asyncio.to_thread(self._handler, json.loads(event), None)
            return Invocation(request_id, json.dumps(result).encode(), function_error=False, log=())
        except Exception as error:
            _log.error("the page failed:\n%s", "".join(traceback.format_exception(error)).rstrip())
            return Invocation(request_id, b"null", function_error=True, log=())
