"""Finds free ports on loopback, at an address of this process's own."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
from collections.abc import Iterable
from contextlib import closing

from lab.host.errors import LabError

# Below the range from which the kernel takes ports for outgoing connections (32768 and up), so that a port that is free
# is not given to some client a moment later.
_PORTS = range(20_000, 32_768)

#: Where the servers inside the lab listen: storages and runtime emulators, which ask nobody for credentials. Linux has
#: all of 127.0.0.0/8 on loopback; this is one of its 16 million addresses, which a page in a browser cannot try out.
ADDRESS = f"127.{secrets.choice(range(1, 255))}.{secrets.randbelow(256)}.{secrets.choice(range(1, 255))}"


# Ports handed out before: until its program listens a port is free, and could be drawn again.
_given: set[int] = set()


def free_ports(count: int) -> list[int]:
    """Return `count` TCP ports that nobody listens on, at any address, and that were not handed out before.

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
                probe.bind(("", port))  # free at all addresses, because some programs take a port at two
            except OSError:
                continue
            found.append(port)
            _given.add(port)
    raise LabError(f"no free port from {_PORTS.start} to {_PORTS.stop - 1} on this machine: stop what holds them")


def hold(ports: Iterable[int]) -> list[socket.socket]:
    """Take ports at 127.0.0.1, so that nobody else listens on them as long as the sockets are kept.

    For programs that also listen at 127.0.0.1 beside the address they are given, but do without if they cannot.
    """
    held = []
    for port in ports:
        taken = socket.socket()
        held.append(taken)
        with contextlib.suppress(OSError):  # somebody else's, so those programs cannot have it either
            taken.bind(("127.0.0.1", port))
    return held


async def accepts(process: asyncio.subprocess.Process, port: int, address: str = ADDRESS) -> bool:
    """Wait until `process` accepts connections on a port of an address of this machine; False if it ends instead."""
    while process.returncode is None:
        with closing(socket.socket()) as probe:
            probe.settimeout(0.1)  # here a connection is accepted or refused at once
            if probe.connect_ex((address, port)) == 0:
                return True
        await asyncio.sleep(0.0005)
    return False
