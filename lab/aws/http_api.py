"""Routes HTTP requests to the functions and keeps API Gateway's limits."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import secrets

from aiohttp import web

from contract.limits import API_HEAD, API_TIMEOUT_S, PAYLOAD
from contract.route_keys import PAGE
from lab.aws.cors import Cors
from lab.aws.event import BadResultError, event_of, response_of
from lab.aws.guard import ForbiddenError, check_own_page, check_source
from lab.aws.own_page import changes, is_own
from lab.aws.routes import Routes
from lab.host.errors import LabError
from lab.runtime.function import ThrottledError

#: Browsers ask for it by themselves, even if a page of another site led them here. So no function is invoked.
_ICON = "/favicon.ico"

_log = logging.getLogger(__name__)


class HttpApi:
    """Passes every request to the target of its route.

    A request that takes longer than `timeout_s` is answered with 503; the invocation goes on, as on AWS.
    """

    def __init__(self, routes: Routes, cors: Cors, timeout_s: float = API_TIMEOUT_S) -> None:
        self._routes = routes
        self._cors = cors
        self._timeout_s = timeout_s

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request."""
        request_id = base64.b64encode(secrets.token_bytes(9), altchars=b"-_").decode() + "0="
        response = await self._answer(request, request_id)
        response.headers["apigw-requestid"] = request_id
        self._cors.apply(request.method, request.headers, response.headers)
        return response

    def _check(self, request: web.Request, key: str) -> None:
        """Raise ForbiddenError for who may not ask this route."""
        if changes(key):
            check_own_page(request)
        elif key in PAGE:  # any site may link to it, and it invokes no function
            check_source(request, ("*",))
        else:
            check_source(request, () if is_own(key) else self._cors.origins)

    async def _answer(self, request: web.Request, request_id: str) -> web.Response:
        if too_large := _head_too_large(request):
            return too_large
        found = self._routes.find(request.method, request.path)
        try:
            self._check(request, found[0] if found else "")
            body = await request.read()
        except ForbiddenError as error:
            return _error(403, f"Forbidden: {error}")
        except web.HTTPRequestEntityTooLarge:
            return _error(413, "Request Entity Too Large")
        if found is None or request.path == _ICON:
            return _error(404, "Not Found")
        route, integration = found
        event = json.dumps(event_of(request, body, route, request_id)).encode()
        if len(event) > PAYLOAD:
            return _error(413, "Request Entity Too Large")
        try:
            async with asyncio.timeout(self._timeout_s):
                invocation = await integration.invoke(event)
        except (TimeoutError, ThrottledError):
            return _error(503, "Service Unavailable")
        except LabError as error:
            _log.error("%s: %s", request.path, error)
            return _error(500, "Internal Server Error")
        if invocation.function_error:
            return _error(500, "Internal Server Error")
        try:
            return response_of(invocation.payload)
        except BadResultError as error:
            _log.warning("%s: %s", request.path, error)
            return _error(500, "Internal Server Error")


def _head_too_large(request: web.Request) -> web.Response | None:
    """The answer if request line and headers are above the quota; AWS gives the quota, not the status for it."""
    line = len(f"{request.method} {request.raw_path} HTTP/1.1".encode())
    if line > API_HEAD:
        return _error(414, "Request URI Too Long")
    values = sum(len(value) for _, value in request.raw_headers)
    return _error(431, "Request Header Fields Too Large") if line + values > API_HEAD else None


def _error(status: int, message: str) -> web.Response:
    return web.json_response({"message": message}, status=status)
