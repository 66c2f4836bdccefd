"""Reading a block device over NBD, from nbdkit."""

from __future__ import annotations

import random
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from lab.host.ports import ADDRESS, free_ports
from lab.shape.nbd import NbdFile

pytestmark = pytest.mark.skipif(shutil.which("nbdkit") is None, reason="needs nbdkit")
DATA = random.Random(1).randbytes(3_000_001)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    (tmp_path / "data").write_bytes(DATA)
    (port,) = free_ports(1)
    ready = tmp_path / "pid"
    command = ["nbdkit", "-f", "-r", "-i", ADDRESS, "-p", str(port), "-P", ready, "file", f"file={tmp_path / 'data'}"]
    with subprocess.Popen(command) as process:
        while not ready.exists():
            assert process.poll() is None
            time.sleep(0.005)
        yield process, port
        process.kill()


def read(file: NbdFile, offset: int, size: int) -> bytes:
    data = bytearray(size)
    file.read_into(memoryview(data), offset)
    return bytes(data)


def test_parts_are_those_of_the_file_whoever_reads_beside(server: tuple[subprocess.Popen[bytes], int]) -> None:
    file = NbdFile(ADDRESS, server[1])
    assert file.size == len(DATA)
    starts = random.Random(2).sample(range(len(DATA) - 200_000), 60)

    def right(start: int) -> bool:
        return read(file, start, 200_000) == DATA[start : start + 200_000]

    with ThreadPoolExecutor(12) as readers:
        assert all(readers.map(right, starts))
    assert read(file, len(DATA) - 1, 1) == DATA[-1:]


def test_what_the_server_does_not_have_is_an_error(server: tuple[subprocess.Popen[bytes], int]) -> None:
    with pytest.raises(OSError, match="cannot read 2 bytes at 3000000"):
        read(NbdFile(ADDRESS, server[1]), len(DATA) - 1, 2)


def test_a_server_that_has_ended_is_an_error(server: tuple[subprocess.Popen[bytes], int]) -> None:
    process, port = server
    file = NbdFile(ADDRESS, port)
    process.kill()
    process.wait()
    with pytest.raises(OSError):  # noqa: PT011 -- reset, refused or closed
        read(file, 0, 10)


def test_another_kind_of_server_is_an_error() -> None:
    with closing(socket.create_server((ADDRESS, 0))) as listening, ThreadPoolExecutor(1) as other:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

        other.submit(answer)
        with pytest.raises(OSError, match="not an NBD server"):
            NbdFile(*listening.getsockname())
