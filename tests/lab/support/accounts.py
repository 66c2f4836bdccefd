"""An account served by a thread, for tests of the lab's own behaviour with purpose-made functions."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import psutil
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials as BotoCredentials

from contract import route_keys
from lab.aws.account import Account
from lab.aws.cold_start import ColdStart
from lab.aws.credentials import Credentials
from lab.aws.routes import Backend, Integration, backend_routes, preflight_route
from lab.host.workspace import Workspace
from lab.runtime.capacity import Capacity
from lab.runtime.function import Function
from lab.runtime.function_spec import FunctionSpec
from lab.runtime.launch import Source

FUNCTIONS = Path(__file__).parent / "functions"


def client(service: str, endpoint_url: str, key: Credentials) -> Any:
    """A boto3 client as the benchmark makes it: the lab's credentials, no retries."""
    return boto3.client(
        service,
        endpoint_url=endpoint_url,
        region_name="us-east-1",
        aws_access_key_id=key.access_key_id,
        aws_secret_access_key=key.secret_access_key,
        config=Config(retries={"total_max_attempts": 1}, read_timeout=60, parameter_validation=False),
    )


def owner(service: str, outputs: Mapping[str, Any]) -> Any:
    """A client of the lab that told these outputs."""
    return client(service, outputs["endpointUrl"], Credentials(outputs["accessKeyId"], outputs["secretAccessKey"]))


@dataclass(frozen=True)
class Served:
    """A running account."""

    api_url: str
    endpoint_url: str
    root: Path
    key: Credentials

    @property
    def aws(self) -> Any:
        return client("lambda", self.endpoint_url, self.key)

    @property
    def logs(self) -> Any:
        return client("logs", self.endpoint_url, self.key)

    def request(self, method: str, path: str, body: str, service: str = "lambda", **headers: str) -> requests.Response:
        """A request as nobody's SDK would make it, signed by botocore."""
        request = AWSRequest(method, f"{self.endpoint_url}{path}", headers, body)
        key = BotoCredentials(self.key.access_key_id, self.key.secret_access_key)
        SigV4Auth(key, service, "us-east-1").add_auth(request)
        return requests.request(method, request.url, headers=dict(request.headers), data=body, timeout=60)

    def invoke(self, order: object, name: str = "witness") -> Any:
        """The result of an invocation, parsed; fails the test if the function failed."""
        answer = self.aws.invoke(FunctionName=name, Payload=json.dumps(order))
        payload = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, payload
        return payload


@contextmanager
def serve(
    *specs: FunctionSpec,
    prepare: Callable[[], Awaitable[None]] | None = None,
    idle_s: float = 300.0,
    http_timeout_s: float = 30.0,
    page: Integration | None = None,
    origins: Sequence[str] = (),
    port: int = 0,
    capacity: Capacity | None = None,
) -> Iterator[Served]:
    """Run an account with the functions; the first one is the default backend, see `routes_of`."""
    ready = threading.Event()
    served: list[Served] = []
    failed: list[BaseException] = []
    stop: list[Callable[[], object]] = []

    async def main() -> None:
        stopped, loop = asyncio.Event(), asyncio.get_running_loop()
        stop.append(lambda: loop.call_soon_threadsafe(stopped.set))
        workspace = Workspace()
        try:
            async with Account(workspace, idle_s, http_timeout_s, capacity) as account:
                functions = {spec.name: account.deploy(spec, *((prepare,) if prepare else ())) for spec in specs}
                pages = dict.fromkeys(route_keys.PAGE, page) if page else {}
                await account.open({**pages, **routes_of(functions, bool(origins))}, origins, port)
                served.append(Served(account.api_url, account.endpoint_url, workspace.root, account.credentials))
                ready.set()
                await stopped.wait()
        finally:
            workspace.close()

    def run() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:
            failed.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait()
    try:
        if served:
            yield served[0]
    finally:
        if stop:
            stop[0]()
        thread.join()
    if failed:
        raise failed[0]


def routes_of(functions: Mapping[str, Function], preflights: bool) -> dict[str, Integration]:
    """A backend of every function, and of `NAME` and `NAME-search` together one."""
    routes: dict[str, Integration] = {}
    for prefix, name in [("", next(iter(functions))), *((f"/{name}", name) for name in functions)]:
        function = functions[name]
        backend = Backend(function, functions.get(f"{name}-search", function), ColdStart(function))
        routes.update(backend_routes(prefix, backend))
        if preflights:
            routes.update([preflight_route(prefix, backend)])
    return routes


def witness(handler: str = "witness.handler", **changes: Any) -> FunctionSpec:
    """The obedient function."""
    return FunctionSpec(**{"name": "witness", "code": Source((FUNCTIONS,), handler), "timeout_s": 20, **changes})


def gone(pid: int) -> bool:
    """True if the process has ended (nobody need have waited for it)."""
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for a condition; fails the test if it does not come true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
