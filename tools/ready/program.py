"""Runs the Pulumi program without Pulumi: in this environment, on the real bundles, under the recording monitor."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass

from contract import outputs
from contract.checkout import ROOT

_LIMIT_S = 300


class ProgramError(Exception):
    """The program did not reach its end; the message is its output."""


@dataclass(frozen=True)
class Recorded:
    """The requests of one run to the engine."""

    resources: int
    backends: tuple[str, ...]
    architecture: str
    auth: str
    region: str
    weights: str


def recorded(stack: str) -> Recorded:
    """Run `__main__.py` with the settings of `stack` (empty: the defaults). Raises ProgramError."""
    command = [sys.executable, "-m", "tests.stacks.support.dry_run", *(["--stack", stack] if stack else [])]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=_LIMIT_S)
    except subprocess.TimeoutExpired as error:
        raise ProgramError(f"the program was still running after {_LIMIT_S} s") from error
    if done.returncode:
        raise ProgramError("\n".join(done.stderr.strip().splitlines()[-20:]))
    said = json.loads(done.stdout.splitlines()[-1])
    return Recorded(
        resources=said["resources"],
        backends=tuple(said[outputs.BACKENDS]),
        architecture=said[outputs.ARCHITECTURE],
        auth=said[outputs.AUTH_MODE],
        region=said[outputs.REGION],
        weights=said[outputs.WEIGHTS],
    )
