"""Sends zeros: a server for the self-test, which answers each connection with as many bytes as it asks for.

Arguments: address and port. Standard library only.
"""

from __future__ import annotations

import socket
import sys
import threading

_PIECE = bytes(1 << 20)


def _serve(connection: socket.socket) -> None:
    with connection, connection.makefile("rb") as asked:
        left = int(asked.readline(32))
        while left > 0:
            connection.sendall(_PIECE[:left])
            left -= len(_PIECE)


def main(address: str, port: int) -> None:
    """Serve until the process is ended."""
    with socket.create_server((address, port)) as server:
        while True:
            connection, _ = server.accept()
            threading.Thread(target=_serve, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
