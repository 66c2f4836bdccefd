"""What the tests of a limited network need: the condition, and programs that look at the network from inside."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from lab.host.janitor import link_prefix
from lab.host.workspace import Workspace
from lab.shape.needs import obstacle_to_devices, obstacle_to_network

_OBSTACLE = obstacle_to_network() or obstacle_to_devices()

needs_network = pytest.mark.skipif(obstacle_to_network() is not None, reason=f"{obstacle_to_network()}")
needs_shape = pytest.mark.skipif(_OBSTACLE is not None, reason=f"{_OBSTACLE}")

_CONNECT = """
import json, socket, sys
found = {}
for place in sys.argv[1:]:
    host, port = place.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), 5).close()
        found[place] = "open"
    except OSError as error:
        found[place] = type(error).__name__ + ": " + (error.strerror or "")
print(json.dumps(found))
"""
_ASK = """
import hashlib, http.client, json, sys
answers = []
for place, method, path, headers in json.load(sys.stdin):
    connection = http.client.HTTPConnection(place, timeout=60)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    told = {name: answer.getheader(name) for name in ("ETag", "Content-Range")}
    answers.append([answer.status, told, len(body), hashlib.sha256(body).hexdigest()])
print(json.dumps(answers))
"""


async def connections(workspace: Workspace, wrapper: Sequence[str | Path], *places: str) -> dict[str, str]:
    """What becomes of a connection from inside to each `HOST:PORT`: `open`, or the error."""
    found: dict[str, str] = json.loads(await workspace.run(*wrapper, sys.executable, "-I", "-c", _CONNECT, *places))
    return found


async def answers(workspace: Workspace, wrapper: Sequence[str | Path], questions: Sequence[Any]) -> list[Any]:
    """Status, some headers, length and digest of the answers to requests: place, method, path and headers."""
    told: list[Any] = json.loads(
        await workspace.run(*wrapper, sys.executable, "-I", "-c", _ASK, given=json.dumps(questions))
    )
    return told


def links_of(root: Path) -> list[str]:
    """The network links of the lab with this root folder that the host has."""
    return [name for _, name in socket.if_nameindex() if name.startswith(link_prefix(root))]


def namespaces_of(root: Path) -> list[str]:
    """The network namespaces that mounts below this folder keep."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return [line for line in lines if " nsfs " in line and f"{root}/" in line]
