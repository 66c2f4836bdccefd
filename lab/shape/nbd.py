"""Reads a block device of an NBD server: the handshake and the one command of the protocol that a read needs.

https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md
"""

from __future__ import annotations

import queue
import socket
import struct

_GREETING = struct.Struct(">8s8sH")
_OPTION = struct.Struct(">8sII")
_EXPORT = struct.Struct(">QH")
_REQUEST = struct.Struct(">IHHQQI")
_REPLY = struct.Struct(">IIQ")
_OPTIONS_FOLLOW = b"IHAVEOPT"
_EXPORT_NAME = 1
_FIXED_NEWSTYLE_NO_ZEROES = 0b11
_CLOSED = "the NBD server has closed the connection"
_REQUEST_MAGIC, _READ, _REPLY_MAGIC = 0x25609513, 0, 0x67446698


class NbdFile:
    """The default export of a server, read over as many connections as there are reads at the same time."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._idle: queue.SimpleQueue[socket.socket] = queue.SimpleQueue()
        connection, self.size = self._connect()
        self._idle.put(connection)

    def read_into(self, buffer: memoryview, offset: int) -> None:
        """Fill the buffer with the bytes at `offset`, which must all exist. Raises OSError if the server fails."""
        try:
            connection = self._idle.get_nowait()
        except queue.Empty:
            connection, _ = self._connect()
        connection.sendall(_REQUEST.pack(_REQUEST_MAGIC, 0, _READ, 0, offset, len(buffer)))
        magic, error, _ = _REPLY.unpack(_receive(connection, _REPLY.size))
        if magic != _REPLY_MAGIC or error:
            raise OSError(error, f"the server cannot read {len(buffer)} bytes at {offset}")
        if connection.recv_into(buffer, len(buffer), socket.MSG_WAITALL) != len(buffer):
            raise OSError(_CLOSED)
        self._idle.put(connection)

    def _connect(self) -> tuple[socket.socket, int]:
        """A connection past its handshake, and the export's size."""
        connection = socket.create_connection(self._address)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _, options, _ = _GREETING.unpack(_receive(connection, _GREETING.size))
        if options != _OPTIONS_FOLLOW:
            raise OSError(f"{self._address} is not an NBD server of the newstyle handshake")
        connection.sendall(
            struct.pack(">I", _FIXED_NEWSTYLE_NO_ZEROES) + _OPTION.pack(_OPTIONS_FOLLOW, _EXPORT_NAME, 0)
        )
        size, _ = _EXPORT.unpack(_receive(connection, _EXPORT.size))
        return connection, size


def _receive(connection: socket.socket, size: int) -> bytes:
    data = connection.recv(size, socket.MSG_WAITALL)
    if len(data) != size:
        raise OSError(_CLOSED)
    return data
