"""Free loopback ports."""

from __future__ import annotations

import asyncio
import secrets
import socket
from contextlib import closing

from lab.errors import LabError

# Below the range from which the kernel takes ports for outgoing connections (32768 and up), so that a port found free
# is not given to some client a moment later.
_PORTS = range(20_000, 32_768)


# Handed out before: a port is free until the program that it was meant for listens, and another one could draw it.
_given: set[int] = set()


def free_ports(count: int) -> list[int]:
    """Return ``count`` loopback TCP ports that nobody listens on and that this process was not given before.

    Raises LabError if there are none.
    """
    found: list[int] = []
    if len(_given) > len(_PORTS) // 2:
        _given.clear()
    for _ in range(10 * len(_PORTS)):
        if len(found) == count:
            return found
        port = secrets.choice(_PORTS)  # not a shuffle of them all: that takes 4 ms, in every cold start
        if port in _given:
            continue
        with closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found.append(port)
            _given.add(port)
    raise LabError(f"no free port from {_PORTS.start} to {_PORTS.stop - 1} on this machine: stop what holds them")


async def accepts(process: asyncio.subprocess.Process, port: int) -> bool:
    """Wait until ``process`` accepts connections on loopback ``port``; False if it ends instead."""
    while process.returncode is None:
        with closing(socket.socket()) as probe:
            probe.settimeout(0.1)  # loopback accepts or refuses at once
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        await asyncio.sleep(0.0005)
    return False
