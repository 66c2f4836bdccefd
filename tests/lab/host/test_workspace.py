"""The environment of the lab's own tools and servers."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from lab.host.workspace import Workspace


def test_a_users_aws_credentials_reach_no_server_of_the_lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a key in its environment SeaweedFS refuses every request that the key has not signed."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a-users-key")
    workspace = Workspace()
    try:
        told = asyncio.run(workspace.run("env"))
        server = asyncio.run(_served(workspace))
    finally:
        workspace.close()

    for variables in (told, server):
        assert "PATH=" in variables
        assert "AWS_" not in variables


async def _served(workspace: Workspace) -> str:
    await (await workspace.serve("env", ["env"])).wait()
    return workspace.log_tail("env", 1000)
