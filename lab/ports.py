"""Free loopback ports."""

from __future__ import annotations

import asyncio
import random
import socket
from contextlib import closing

# Below the range from which the kernel takes ports for outgoing connections (32768 and up), so that a port found free
# is not given to some client a moment later.
_PORTS = range(20_000, 32_768)


def free_ports(count: int) -> list[int]:
    """Return ``count`` different loopback TCP ports that nobody listens on at the moment."""
    found: list[int] = []
    for port in random.sample(_PORTS, len(_PORTS)):
        if len(found) == count:
            break
        with closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found.append(port)
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
