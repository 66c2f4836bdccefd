"""Decides who may ask the lab's endpoints: a browser runs other people's pages, and it reaches loopback."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from lab.aws.credentials import Credentials, SignatureError, Signed
from lab.host.identity import REGION

#: The names of loopback. Any other name was made to point here, for example by a page that rebinds its own.
NAMES = ("127.0.0.1", "localhost", "[::1]")
_LOGS_PREFIX = "Logs_"


class ForbiddenError(Exception):
    """A request under another name or from another site's page; the message says what to do instead."""


def check_source(request: web.Request, origins: Collection[str] = ()) -> None:
    """Raise ForbiddenError for a Host that is not loopback with this port, and for a page of another origin.

    Pages of `origins` may ask (`*`: all pages), and the lab's own page always may. Browsers leave Origin out of
    some requests, but then Sec-Fetch-Site says how the page and this host are related.
    """
    hosts = request.headers.getall("Host", [])
    own = _own_hosts(request)
    if len(hosts) != 1 or hosts[0].lower() not in own:
        raise ForbiddenError(f"the lab is asked as {' or '.join(own)}, not as {', '.join(hosts) or 'nothing'}")
    if "*" in origins:
        return
    sent = request.headers.getall("Origin", [])
    if any(origin not in origins and origin != f"http://{hosts[0].lower()}" for origin in sent):
        raise ForbiddenError(f"a page of {', '.join(sent)} may not ask the lab: see --cors for the HTTP API")
    site = request.headers.get("Sec-Fetch-Site", "none")
    if not sent and site not in ("none", "same-origin"):
        raise ForbiddenError(f"a page of another origin ({site}) may not ask the lab: see --cors for the HTTP API")


def check_own_page(request: web.Request) -> None:
    """Raise ForbiddenError unless the lab's own page asks; browsers name a page's origin in every POST."""
    check_source(request)
    if not request.headers.getall("Origin", []):
        raise ForbiddenError("only the lab's own page may ask for this; programs have the Lambda API")


def _own_hosts(request: web.Request) -> list[str]:
    """The valid Host headers: loopback with the port of this connection, which browsers leave out if it is 80."""
    address = request.transport and request.transport.get_extra_info("sockname")
    if not address:
        return []
    return [*(f"{name}:{address[1]}" for name in NAMES), *(NAMES if address[1] == 80 else ())]


async def check_signature(request: web.Request, credentials: Credentials) -> None:
    """Raise SignatureError unless the credentials signed the request for the service that it goes to."""
    path, _, query = request.raw_path.partition("?")
    headers = {name.lower(): ",".join(request.headers.getall(name)) for name in request.headers}
    service = "logs" if request.headers.get("X-Amz-Target", "").startswith(_LOGS_PREFIX) else "lambda"
    signed = Signed(request.method, path, query, headers, await request.read())
    credentials.check(signed, REGION, service, datetime.now(UTC))


def owner_only(credentials: Credentials) -> Middleware:
    """A middleware for AWS's APIs: admits only signed requests, from no page and under no other host's name."""

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            check_source(request)
            await check_signature(request, credentials)
        except ForbiddenError as error:
            return _refused("AccessDeniedException", str(error))
        except SignatureError as error:
            return _refused(error.code, str(error))
        return await handler(request)

    return guarded


def _refused(code: str, message: str) -> web.Response:
    """403 in the shape of both protocols: Lambda's REST with the code in a header, Logs' JSON with it in the body."""
    body = {"__type": code, "Type": "User", "Message": message, "message": message}
    return web.json_response(body, status=403, headers={"x-amzn-ErrorType": code})
