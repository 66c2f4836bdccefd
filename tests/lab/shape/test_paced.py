"""The socket that gives its connections a rate."""

from __future__ import annotations

import socket
import subprocess
import sys

from lab.shape import paced

_MAX_PACING_RATE = 47


def test_a_connection_inherits_the_rate() -> None:
    with paced.listening("127.0.0.1", 0, 87_000_000) as server:
        client = socket.create_connection(server.getsockname())
        accepted, _ = server.accept()
        with client, accepted:
            rate = accepted.getsockopt(socket.SOL_SOCKET, _MAX_PACING_RATE, 8)
    assert int.from_bytes(rate, sys.byteorder) == 87_000_000


def test_the_program_gets_the_socket_where_nginx_looks_for_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    look = "import os, socket; print(socket.socket(fileno=int(os.environ['NGINX'].rstrip(';'))).getsockname()[1])"
    command = [sys.executable, "-I", "-S", paced.__file__, "127.0.0.1", str(port), "1000", sys.executable, "-c", look]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == f"{port}\n"
