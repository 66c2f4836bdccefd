"""One backend of a running lab made to fail or to hang, for tests of whatever stands in front of it.

    with down(lab.outputs, "oci"):              # its functions answer 503: their model is gone
        ...
    with held(lab.outputs) as release:          # requests to s3 hang: its storage says nothing
        ...                                     # (the service gives up after some 12 s, with 503)
        release()                               # now they are answered

The storages themselves are as before: only what the backend's functions are told of them changes, through the Lambda
API, and changes back at the end. So the backend's first request in the ``with`` is a cold start, and so is the first
one after it.
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from tests.lab.accounts import client, wait_until


@contextmanager
def down(outputs: Mapping[str, Any], backend: str) -> Iterator[None]:
    """Take the model away from a backend's functions."""
    nowhere = {"MODEL_PREFIX": "nothing"} if backend == "s3" else {"MODEL_DIR": "/nowhere"}
    with _told(outputs, backend, nowhere):
        yield


@contextmanager
def held(outputs: Mapping[str, Any]) -> Iterator[Callable[[], None]]:
    """Let the storage of the backend s3 accept connections but say nothing until the yielded function is called."""
    name = outputs["backends"]["s3"]["functionName"]
    variables = client("lambda", outputs["endpointUrl"]).get_function_configuration(FunctionName=name)["Environment"]
    storage = urlsplit(variables["Variables"]["AWS_ENDPOINT_URL_S3"])
    with _Relay((str(storage.hostname), int(storage.port or 80))) as relay:
        thread = threading.Thread(target=relay.serve_forever, args=(0.01,))
        thread.start()
        try:
            with _told(outputs, "s3", {"AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{relay.server_address[1]}"}):
                yield relay.released.set
                relay.released.set()  # what still hangs must end before the functions can be changed back
        finally:
            relay.released.set()
            relay.shutdown()
            thread.join()


@contextmanager
def _told(outputs: Mapping[str, Any], backend: str, changes: Mapping[str, str]) -> Iterator[None]:
    """Change variables of a backend's functions; back again at the end."""
    aws, names = client("lambda", outputs["endpointUrl"]), outputs["backends"][backend]
    functions = [names["functionName"], names["searchFunctionName"]]
    before = {name: aws.get_function_configuration(FunctionName=name)["Environment"] for name in functions}

    def update(name: str, variables: Mapping[str, str]) -> None:
        aws.update_function_configuration(FunctionName=name, Environment={"Variables": dict(variables)})
        wait_until(
            lambda: aws.get_function_configuration(FunctionName=name)["LastUpdateStatus"] == "Successful", seconds=40
        )

    try:
        for name in functions:
            update(name, {**before[name]["Variables"], **changes})
        yield
    finally:
        for name in functions:
            update(name, before[name]["Variables"])


class _Relay(socketserver.ThreadingTCPServer):
    """Passes connections on to ``target``, once it is released."""

    daemon_threads = True

    def __init__(self, target: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.target = target
        self.released = threading.Event()


class _Connection(socketserver.BaseRequestHandler):
    server: _Relay

    def handle(self) -> None:
        self.server.released.wait()
        with socket.create_connection(self.server.target) as upstream:
            back = threading.Thread(target=_copy, args=(upstream, self.request))
            back.start()
            _copy(self.request, upstream)
            back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    """Copy bytes until the source ends, and end the target."""
    with contextlib.suppress(OSError):  # either side may hang up
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
