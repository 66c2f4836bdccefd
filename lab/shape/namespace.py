"""Makes network namespaces: one for the servers of a lab, one for each of its execution environments."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Self

from lab.host.janitor import NETWORKS
from lab.host.workspace import Workspace


class Namespace:
    """A network namespace, at first without any way out. It lasts until it is removed, or its lab is swept.

    The kernel keeps it by a mount on a file below the lab's root folder, where the janitor finds it.
    """

    def __init__(self, workspace: Workspace, file: Path) -> None:
        self.file = file
        self._workspace = workspace

    @classmethod
    async def make(cls, workspace: Workspace) -> Self:
        """Make one. Raises LabError where that is not permitted."""
        folder = workspace.root / NETWORKS
        folder.mkdir(exist_ok=True)
        namespace = cls(workspace, folder / uuid.uuid4().hex)
        namespace.file.touch()
        await workspace.run("unshare", f"--net={namespace.file}", "true")
        return namespace

    def inside(self, *command: str | Path) -> tuple[str | Path, ...]:
        """The command line that runs a command in this network; files and processes are those of the host."""
        return ("nsenter", f"--net={self.file}", *command)

    async def ip(self, *lines: str) -> None:
        """Run lines of `ip` in it, and stop at the first that fails: LabError."""
        await self._workspace.run(*self.inside("ip", "-batch", "-"), given="\n".join(lines))

    async def remove(self) -> None:
        """Let it go; the kernel removes it when its last process has ended."""
        await self._workspace.run("umount", self.file)
        self.file.unlink()
