"""Reads given byte ranges as fast as a storage delivers them to a program that does nothing else."""

from __future__ import annotations

import http.client
import re
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

Ranges = Sequence[Sequence[int]]
CONNECTIONS = 8
CHUNK = 8 << 20  # bytes a request
BUFFER = 1 << 20


def dd(path: str, ranges: Ranges) -> float:
    """Milliseconds that dd reports for reading the ranges of a file in turn, without the start of the processes."""
    seconds = 0.0
    for offset, size in ranges:
        command = ["dd", f"if={path}", "of=/dev/null", "bs=4M", "iflag=skip_bytes,count_bytes"]
        command += [f"skip={offset}", f"count={size}"]
        said = subprocess.run(command, capture_output=True, text=True, check=True, env={"LC_ALL": "C"}).stderr
        found = re.search(r"copied, ([0-9.e-]+) s", said)
        if not found:
            raise RuntimeError(f"dd said something unexpected: {said}")
        seconds += float(found[1])
    return seconds * 1000


def ranged_get(url: str, ranges: Ranges) -> float:
    """Milliseconds for fetching the ranges of an object over parallel plain connections; the bytes are dropped."""
    parts = urlsplit(url)
    local = threading.local()

    def fetch(piece: tuple[int, int]) -> None:
        if not hasattr(local, "connection"):
            local.connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
            local.buffer = bytearray(BUFFER)
        local.connection.request("GET", parts.path, headers={"Range": f"bytes={piece[0]}-{piece[1] - 1}"})
        answer = local.connection.getresponse()
        got = 0
        while count := answer.readinto(local.buffer):
            got += count
        if answer.status != 206 or got != piece[1] - piece[0]:
            raise RuntimeError(f"GET {url} gave status {answer.status} and {got} bytes")

    started = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(fetch, _pieces(ranges)))
    return (time.perf_counter() - started) * 1000


def _pieces(ranges: Ranges) -> Iterator[tuple[int, int]]:
    for offset, size in ranges:
        for start in range(offset, offset + size, CHUNK):
            yield start, min(start + CHUNK, offset + size)
