"""Runs nginx on a socket whose connections the kernel paces.

`python -I -S paced.py ADDRESS PORT RATE NGINX ARGUMENT...`

RATE is in bytes a second, for each connection. nginx's own `limit_rate` counts whole seconds, and so lets a second's
worth of bytes leave at once; pacing does not, and costs next to nothing. nginx cannot ask for it, but takes sockets
over as in an upgrade of its program, and a connection inherits the rate of the socket that accepted it. Standard
library only.
"""

from __future__ import annotations

import os
import socket
import sys

_SO_MAX_PACING_RATE = 47  # <asm-generic/socket.h>; the socket module does not know it
_BACKLOG = 512


def listening(address: str, port: int, rate: int) -> socket.socket:
    """A socket that listens there, and whose connections send at most `rate` bytes a second each."""
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, _SO_MAX_PACING_RATE, rate.to_bytes(8, sys.byteorder))
    server.bind((address, port))
    server.listen(_BACKLOG)
    return server


def main(arguments: list[str]) -> None:
    """Become nginx."""
    address, port, rate, *command = arguments
    server = listening(address, int(port), int(rate))
    server.set_inheritable(True)
    os.execvpe(command[0], command, {**os.environ, "NGINX": f"{server.fileno()};"})  # noqa: S606 -- there is no shell


if __name__ == "__main__":
    main(sys.argv[1:])
