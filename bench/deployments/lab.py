"""Starts the lab as a process of its own and stops it when the benchmark ends, however it ends."""

from __future__ import annotations

import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.deployments.auth import TOKEN_VARIABLE
from bench.deployments.deployment import Deployment
from bench.deployments.outputs import json_object, parse_outputs
from bench.process.errors import TargetError
from contract.checkout import ROOT

START_TIMEOUT_S = 300.0  # copying 600 MB of weights into an object store and an image takes its time
STOP_TIMEOUT_S = 30.0
_ASK_TIMEOUT_S = 30.0
_PR_SET_PDEATHSIG = 1


@contextmanager
def running_lab(arguments: Sequence[str], log: Path) -> Iterator[Deployment]:
    """Start `python -m lab up --json ARGUMENTS`, yield its deployment, and stop it. Its stderr goes to `log`."""
    command = [sys.executable, "-m", "lab", "up", "--json", *arguments]
    with log.open("ab") as stderr:  # a resumed run has one log, as it has one results file
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=stderr, cwd=ROOT, env=_environment(),
            start_new_session=True, preexec_fn=_die_with_parent,
        )  # fmt: skip
        try:
            yield parse_outputs(json_object(_first_line(process, log)))
        finally:
            _stop(process)


def why_not(shape: str) -> str | None:
    """Why this machine cannot shape a lab like that, in the lab's own words; None if it can."""
    command = [sys.executable, "-m", "lab", "shape", "possible", shape]
    try:
        asked = subprocess.run(
            command, cwd=ROOT, env=_environment(), capture_output=True, text=True, timeout=_ASK_TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        return "the lab did not say whether it can"
    return None if asked.returncode == 0 else asked.stderr.strip() or f"exit code {asked.returncode}"


def _environment() -> dict[str, str]:
    """This process's environment without the token for an API: the lab needs none, and people read its log."""
    return {name: value for name, value in os.environ.items() if name != TOKEN_VARIABLE}


def _die_with_parent() -> None:
    """Ask the kernel for SIGTERM when the benchmark dies, even by SIGKILL; does nothing on other systems than Linux."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _first_line(process: subprocess.Popen[bytes], log: Path) -> str:
    """The line the lab prints when it is ready. Raises TargetError when it does not come."""
    stdout = process.stdout
    assert stdout is not None  # noqa: S101 - for the type checker: stdout is a pipe
    deadline = time.monotonic() + START_TIMEOUT_S
    received = b""
    with selectors.DefaultSelector() as selector:
        selector.register(stdout, selectors.EVENT_READ)
        while b"\n" not in received:
            if not selector.select(timeout=max(0.0, deadline - time.monotonic())):
                raise TargetError(f"the lab was not ready after {START_TIMEOUT_S:.0f} s; see {log}")
            chunk = os.read(stdout.fileno(), 65536)
            if not chunk:
                raise TargetError(f"the lab did not start (exit code {process.wait()}):\n{_tail(log)}")
            received += chunk
    return received.partition(b"\n")[0].decode()


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Let the lab clean up (mounts, loop devices); kill its process group only if that takes too long."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if process.stdout:
        process.stdout.close()


def _tail(log: Path, lines: int = 15) -> str:
    text = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(text[-lines:]) or "(it said nothing)"
