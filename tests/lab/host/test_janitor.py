"""The janitor removes the networks of a lab that was killed, and what runs in them."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.host.janitor import link_prefix, sweep_stale
from lab.host.workspace import Workspace
from lab.shape.links import connect, servers_namespace
from lab.shape.namespace import Namespace
from lab.shape.shape import like_lambda
from tests.lab.support.accounts import gone, wait_until
from tests.lab.support.shaped import links_of, namespaces_of, needs_network


async def _networks() -> None:
    """Make the networks of a lab; in one runs a process that shows no environment, as nginx does. Then wait."""
    workspace = Workspace()
    servers, network = await servers_namespace(workspace), await Namespace.make(workspace)
    await connect(workspace, servers, network, like_lambda().network)
    process = await workspace.serve("sleep", servers.inside("env", "-i", "sleep", "600"))
    print(workspace.root, process.pid, flush=True)
    await process.wait()


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "tests.lab.host.test_janitor"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def _made(lab: subprocess.Popen[str]) -> tuple[Path, int]:
    assert lab.stdout is not None
    root, pid = lab.stdout.readline().split()
    assert (len(links_of(Path(root))), len(namespaces_of(Path(root)))) == (1, 2)
    return Path(root), int(pid)


def _nothing_left(root: Path, pid: int) -> bool:
    return not links_of(root) and not namespaces_of(root) and not root.exists() and gone(pid)


@needs_network
def test_no_network_is_left_of_a_killed_lab(lab: subprocess.Popen[str]) -> None:
    root, pid = _made(lab)
    lab.send_signal(signal.SIGKILL)
    wait_until(lambda: _nothing_left(root, pid))


@needs_network
def test_the_next_lab_removes_what_a_killed_janitor_left(lab: subprocess.Popen[str]) -> None:
    root, pid = _made(lab)
    for child in psutil.Process(lab.pid).children():
        if "janitor" in " ".join(child.cmdline()):
            child.kill()
    lab.kill()
    lab.wait()
    assert links_of(root), "nobody could clean up"
    wait_until(lambda: sweep_stale(root.parent, "model-storage-lab-") == [root])
    assert _nothing_left(root, pid)


@given(st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=64))
def test_the_name_of_a_link_fits(name: str) -> None:
    """The kernel takes 15 characters, four of which tell the links of a lab apart."""
    prefix = link_prefix(Path("/var/tmp") / name)
    assert (len(prefix), prefix) == (11, link_prefix(Path("/elsewhere") / name))
    assert prefix != link_prefix(Path("/var/tmp") / f"{name}x")


if __name__ == "__main__":
    asyncio.run(_networks())
