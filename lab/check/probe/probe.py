"""The function that the self-test runs inside an environment: it does what an order says, and tells what it saw.

It needs the standard library and the contract alone. An order is the name of a function below and its arguments; `burn`
begins in INIT.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from contract.environment import MODEL_BUCKET, MODEL_DIR, MODEL_PREFIX, S3_ENDPOINT

_TRIES = 100
_PATIENCE_S = 10

#: Prints the processor time that a process gets until a moment of the monotonic clock.
_BURN = """
import sys, time
for line in sys.stdin:
    until, began = float(line), time.process_time()
    while time.monotonic() < until:
        pass
    print(time.process_time() - began, flush=True)
"""


class _Burner:
    """This process and a child, which take all the processor time that they get."""

    def __init__(self) -> None:
        command = [sys.executable, "-I", "-S", "-c", _BURN]
        self._child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def cores(self, seconds: float) -> float:
        """Processor seconds per second of both."""
        until = time.monotonic() + seconds
        orders, answers = self._child.stdin, self._child.stdout
        assert orders is not None  # noqa: S101 - for the type checker: both are pipes
        assert answers is not None  # noqa: S101
        orders.write(f"{until}\n")
        orders.flush()
        began = time.process_time()
        while time.monotonic() < until:
            pass
        mine = time.process_time() - began
        return (mine + float(answers.readline())) / seconds


def burn(seconds: float) -> dict[str, float]:
    """The cores of INIT and of an invocation, each measured for so long."""
    return {"init": _in_init, "invocation": _burner.cores(seconds)}


def receive(host: str, port: int, size: int) -> list[tuple[float, int]]:
    """When how many bytes were there, of `size` that a server sends: pairs of seconds since the first, and bytes."""
    buffer = memoryview(bytearray(1 << 20))
    seen: list[tuple[float, int]] = []
    with _connected(host, port) as connection:
        connection.sendall(f"{size}\n".encode())
        began, total = time.perf_counter(), 0
        while total < size:
            count = connection.recv_into(buffer)
            if not count:
                raise ConnectionError(f"{total} of {size} bytes came")
            total += count
            now = time.perf_counter() - began
            if not seen or now - seen[-1][0] >= 0.005 or total == size:
                seen.append((now, total))
    return seen


def _connected(host: str, port: int) -> socket.socket:
    """A connection to a server that may just be starting."""
    for _ in range(_TRIES):
        with contextlib.suppress(ConnectionRefusedError):
            return socket.create_connection((host, port), timeout=_PATIENCE_S)
        time.sleep(0.05)
    raise ConnectionRefusedError(f"{host}:{port} refuses connections")


def fetch(ranges: list[dict[str, Any]]) -> list[dict[str, float]]:
    """Of each range (name, first, last) of an object: seconds until the first byte, and bytes a second from there."""
    return [_fetch(**each) for each in ranges]


def _fetch(name: str, first: int, last: int) -> dict[str, float]:
    place = "/".join((os.environ[S3_ENDPOINT], os.environ[MODEL_BUCKET], os.environ[MODEL_PREFIX], name))
    request = urllib.request.Request(place, headers={"Range": f"bytes={first}-{last}"})  # noqa: S310 - http alone
    began = time.perf_counter()
    with urllib.request.urlopen(request, timeout=_PATIENCE_S) as answer:  # noqa: S310
        got = len(answer.read(1))
        first_byte = time.perf_counter()
        while piece := answer.read(1 << 18):
            got += len(piece)
    seconds = time.perf_counter() - first_byte
    if got != last - first + 1:
        raise ConnectionError(f"{got} of {last - first + 1} bytes came")
    return {"first_byte": first_byte - began, "rate": got / seconds}


def stream(name: str, streams: int, size: int) -> float:
    """Bytes a second of so many streams together; each reads its own `size` bytes of the file, one after the other."""

    def read(number: int) -> int:
        with open(_path(name), "rb", buffering=0) as file:
            file.seek(number * size)
            left = size
            while left and (piece := file.read(min(left, 1 << 20))):
                left -= len(piece)
        return size - left

    began = time.perf_counter()
    with ThreadPoolExecutor(streams) as pool:
        got = sum(pool.map(read, range(streams)))
    seconds = time.perf_counter() - began
    if got != streams * size:
        raise EOFError(f"{name} is too short for {streams} streams of {size} bytes")
    return got / seconds


def touch(name: str, chunk: int, count: int) -> list[float]:
    """The seconds of each of `count` reads of one page, in chunks that nobody has read in this environment."""
    seconds: list[float] = []
    page = 4096
    file = os.open(_path(name), os.O_RDONLY)
    try:
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_RANDOM)  # no read-ahead, which would read the next chunks, too
        for number in range(1, count + 1):
            began = time.perf_counter()
            os.pread(file, page, number * 2 * chunk)
            seconds.append(time.perf_counter() - began)
    finally:
        os.close(file)
    return seconds


_ORDERS: dict[str, Callable[..., Any]] = {each.__name__: each for each in (burn, receive, fetch, stream, touch)}


def _path(name: str) -> str:
    return os.path.join(os.environ[MODEL_DIR], name)


def handler(event: dict[str, Any], context: object) -> Any:
    """Carry out one order."""
    return _ORDERS[event["do"]](**event["with"])


_order = json.loads(os.environ["PROBE_INIT"])
if _order["do"] == "burn":
    _burner = _Burner()
    _in_init = _burner.cores(_order["with"]["seconds"])
