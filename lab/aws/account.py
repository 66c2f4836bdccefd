"""The account: functions, and the two endpoints that serve them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import web

from contract.limits import API_BODY, API_TIMEOUT_S, PAYLOAD
from lab.aws.cors import Cors
from lab.aws.credentials import Credentials
from lab.aws.guard import owner_only
from lab.aws.http_api import HttpApi
from lab.aws.lambda_api import LambdaApi
from lab.aws.logs_api import LogsApi
from lab.aws.routes import Integration, Routes
from lab.host.errors import LabError
from lab.host.identity import architecture
from lab.host.workspace import Workspace
from lab.runtime import rie
from lab.runtime.capacity import MAX_ENVIRONMENTS, Capacity
from lab.runtime.emulator import Host
from lab.runtime.function import Function
from lab.runtime.function_spec import FunctionSpec

#: Seconds without an invocation after which an environment is reaped.
IDLE_S = 300.0


async def _nothing() -> None:
    """Prepare nothing."""


#: Bytes of a line and of a header that the server itself takes: more than API_HEAD, so that the HTTP API answers.
_HEAD = 1 << 20


class Account:
    """Functions by name, the AWS API at `endpoint_url` and the HTTP API at `api_url`.

    The AWS API accepts only the `credentials` that were made for this account. All environments together take no more
    than `capacity`, by default what this machine has now.

    Use as an async context manager: deploy functions, then `open` the endpoints.
    """

    def __init__(
        self,
        workspace: Workspace,
        idle_s: float = IDLE_S,
        http_timeout_s: float = API_TIMEOUT_S,
        capacity: Capacity | None = None,
    ) -> None:
        self.capacity = capacity or Capacity.of_machine(workspace.root)
        self.credentials = Credentials.make()
        self.endpoint_url = ""
        self.api_url = ""
        self._workspace = workspace
        self._idle_s = idle_s
        self._http_timeout_s = http_timeout_s
        self._functions: dict[str, Function] = {}
        self._stack = AsyncExitStack()
        self._host: Host

    async def __aenter__(self) -> Self:
        binary = await asyncio.to_thread(rie.emulator)
        # No time-out, because the function has its own, and no limit of connections: each environment has one.
        session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(), connector=aiohttp.TCPConnector(limit=0))
        await self._stack.enter_async_context(session)
        self._host = Host(self._workspace, binary, session)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(*(function.close() for function in self._functions.values()))
        await self._stack.aclose()

    def deploy(self, spec: FunctionSpec, prepare: Callable[[], Awaitable[None]] = _nothing) -> Function:
        """Add a function; `prepare` makes its storage ready for cold starts, at every configuration update."""
        function = self._functions[spec.name] = Function(self._host, spec, self._idle_s, prepare, self._refusal)
        return function

    async def _refusal(self, function: Function) -> str:
        """Why a function may have no further environment, after idle ones of others made room; nothing if it may."""
        while why := self.capacity.refusal(function, self._functions.values()):
            idle = {
                one.idle_since: one
                for one in self._functions.values()
                if one is not function and one.idle_since is not None
            }
            if not idle or function.size >= MAX_ENVIRONMENTS:
                return why
            await idle[min(idle)].end_longest_idle()
        return ""

    async def open(self, routes: Mapping[str, Integration], origins: Sequence[str] = (), port: int = 0) -> None:
        """Serve both endpoints; the HTTP API with these routes, on `port` (0: a free one), for pages of `origins`.

        Raises LabError if the port is taken.
        """
        # The API itself says what is too large.
        api = web.Application(client_max_size=2 * PAYLOAD, middlewares=[owner_only(self.credentials)])
        api.add_routes(LambdaApi(self._functions, architecture()).routes())
        api.router.add_post("/", LogsApi(self._functions).handle)
        gateway = web.Application(client_max_size=API_BODY)
        front = HttpApi(Routes(routes), Cors(tuple(origins)), self._http_timeout_s)
        gateway.router.add_route("*", "/{path:.*}", front.handle)
        self.endpoint_url = await self._serve(api)
        self.api_url = await self._serve(gateway, port)

    async def _serve(self, application: web.Application, port: int = 0) -> str:
        runner = web.AppRunner(
            application,
            access_log=None,
            shutdown_timeout=0.1,
            auto_decompress=False,
            max_line_size=_HEAD,
            max_field_size=_HEAD,
        )
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", port)
        try:
            await site.start()
        except OSError as error:
            raise LabError(f"port {port} cannot be used ({error.strerror}): choose another") from error
        host, port = runner.addresses[0][:2]
        return f"http://{host}:{port}"
