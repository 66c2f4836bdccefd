"""Free loopback ports."""

from __future__ import annotations

import asyncio
import random
import socket
from contextlib import closing

# Below the range from which the kernel takes ports for outgoing connections (32768 and up), so that a port found free
# is not given to some client a moment later.
_PORTS = range(20_000, 32_768)


# Handed out before: a port is free until the program that it was meant for listens, and another one could draw it.
_given: set[int] = set()


def free_ports(count: int) -> list[int]:
    """Return ``count`` loopback TCP ports that nobody listens on and that this process was not given before."""
    found: list[int] = []
    if len(_given) > len(_PORTS) // 2:
        _given.clear()
    for port in random.sample(_PORTS, len(_PORTS)):
        if len(found) == count:
            break
        if port in _given:
            continue
        with closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found.append(port)
    _given.update(found)
    return found


async def accepts(process: asyncio.subprocess.Process, port: int) -> bool:
    """Wait until ``process`` accepts connections on loopback ``port``; False if it ends instead."""
    while process.returncode is None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.002)
            continue
        writer.close()
        return True
    return False
