"""Manages the folder that a lab lives in, the processes it starts, and the janitor that outlives it."""

from __future__ import annotations

import asyncio
import fcntl
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from lab.host import janitor
from lab.host.errors import LabError

_PREFIX = "model-storage-lab-"
_DISK = "/var/tmp"  # noqa: S108 -- only a private folder is made in it


class Workspace:
    """A private root folder; every process, mount and file of one lab is recognised by it.

    The folder is made under `$TMPDIR`, else `/var/tmp`: that is a disk, but `/tmp` may be memory, which is never
    cold.
    """

    def __init__(self) -> None:
        parent = Path(os.environ.get("TMPDIR", _DISK)).resolve()
        janitor.sweep_stale(parent, _PREFIX)
        try:
            self.root = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        except OSError as error:
            raise LabError(
                f"the lab cannot live in {parent}: {error.strerror}; set TMPDIR to another folder"
            ) from error
        lock = os.open(self.root / "lock.new", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.rename(self.root / "lock.new", self.root / janitor.LOCK)
        self._janitor = subprocess.Popen(
            [sys.executable, "-I", janitor.__file__, str(self.root)],
            stdin=subprocess.PIPE,
            pass_fds=[lock],  # the lock is shared: it is released when both processes are gone
            start_new_session=True,  # Ctrl-C in the terminal must not reach it
        )
        self._lock = lock

    def folder(self, name: str) -> Path:
        """Make and return the folder `name` in the root folder."""
        path = self.root / name
        path.mkdir(parents=True)
        return path

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        """`variables` plus the one by which the janitor recognises a process of this lab."""
        return {**variables, janitor.MARKER: str(self.root)}

    async def run(self, *command: str | Path, given: str = "") -> str:
        """Run a command, with `given` as its input, and return its output; raises LabError with its error output."""
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment(_ours()),
            process_group=0,
        )
        out, err = await process.communicate(given.encode())
        if process.returncode:
            raise LabError(f"{' '.join(map(str, command))} failed: {(err or out).decode(errors='replace').strip()}")
        return out.decode()

    async def serve(self, name: str, command: Sequence[str | Path]) -> asyncio.subprocess.Process:
        """Start a server in the background, in the root folder; its output goes to `<name>.log` there.

        Give it relative paths for its Unix sockets: those may be 107 bytes long at most.
        """
        with (self.root / f"{name}.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.root,
                env=self.environment(_ours()),
                process_group=0,
            )

    def log_tail(self, name: str, lines: int = 8) -> str:
        """The last lines of a server's log, for error messages."""
        text = (self.root / f"{name}.log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def close(self) -> None:
        """Let the janitor sweep and wait for it."""
        self._janitor.communicate()  # closes its standard input
        os.close(self._lock)


def _ours() -> dict[str, str]:
    """This process's variables without those for AWS: SeaweedFS would accept only requests signed with such a key."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
