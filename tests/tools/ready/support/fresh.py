"""Proves the deploying steps of docs/deploying.md in a fresh clone and environment, as far as they go without AWS.

    PYTHONPATH=.:images python3 -m tests.tools.ready.support.fresh

Started in a clone that has nothing installed, it proves them there, and leaves that environment behind; started in
another, in a clone of its own. Takes a minute or two, most of it pip's. The bundle is a tiny one; that aside, the
commands are those of the page. Standard library only: it may run before anything is installed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.stacks.support.project import ROOT
from tests.tools.ready.support import steps
from tools.ready.environment import SDKS

PROGRAM = ("-m", "tests.stacks.support.dry_run")
_LIMIT_S = 1200
# Variables that a run under make or in another environment would pass on; and ARGS, which make takes from here.
_DROPPED = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PYTHONPATH", "STACK", "VIRTUAL_ENV")
_GIVEN = {"ARGS": "--tiny", "AWS_EC2_METADATA_DISABLED": "true"}
_IMPORTS = """
import importlib, importlib.metadata, importlib.util, json
for sdk in {sdks}: importlib.import_module(sdk.replace("-", "_"))
print(json.dumps([importlib.util.find_spec("pytest") is None, {{s: importlib.metadata.version(s) for s in {sdks}}}]))
"""


@dataclass(frozen=True)
class Proof:
    """The commands and their results; `program` is what the program asked for in the new environment."""

    ran: list[str]
    skipped: list[str]
    versions: dict[str, str]
    program: dict[str, Any]
    seconds: float


class NotProved(Exception):
    """A step failed; the message says which, and ends with what it printed."""


def clone_into(directory: Path) -> Path:
    """Clone HEAD into `directory`, and return the clone. Raises NotProved."""
    clone = directory / "clone"
    _run(["git", "clone", "--quiet", str(ROOT), str(clone)], directory)
    return clone


def prove(clone: Path) -> Proof:
    """Follow the deploying steps in a fresh clone, and look at what came of it. Raises NotProved."""
    begin = time.monotonic()
    ran, skipped = _follow(clone)
    if not any(command.startswith("make deploy-ready") for command in ran):
        raise NotProved(f"the steps do not contain `make deploy-ready`, only {ran}")
    python = str(clone / ".venv" / "bin" / "python")
    lean, versions = json.loads(_run([python, "-c", _IMPORTS.format(sdks=SDKS)], clone))
    if not lean:
        raise NotProved("the new environment has pytest: it is the tests' own and proves nothing")
    program = json.loads(_run([python, *PROGRAM], clone))
    return Proof(ran, skipped, versions, program, time.monotonic() - begin)


def compare(clone: Path, proof: Proof) -> None:
    """Raise NotProved unless the clone's program asks for the same in the environment that this runs in."""
    # This environment may have another checkout's modules installed: those of the clone come first.
    of_clone = os.pathsep.join([str(clone), str(clone / "images")])
    here = json.loads(_run([sys.executable, *PROGRAM], clone, PYTHONPATH=of_clone))
    if proof.program != here:
        raise NotProved(f"the program asks for {proof.program} in the new environment, for {here} in the tests' own")


def _follow(clone: Path) -> tuple[list[str], list[str]]:
    """Run the commands that can run here; return those, and the others."""
    ran, skipped = [], []
    for command in steps.commands((clone / steps.PAGE.relative_to(ROOT)).read_text(encoding="utf-8")):
        if need := steps.needs(command):
            skipped.append(f"{command} (needs {need})")
            continue
        _run(["bash", "-c", command], clone)
        ran.append(command)
    return ran, skipped


def _run(command: list[str], directory: Path, **variables: str) -> str:
    kept = {name: value for name, value in os.environ.items() if name not in _DROPPED}
    environment = {**kept, **_GIVEN, **variables}
    done = subprocess.run(
        command,
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_LIMIT_S,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        raise NotProved(
            f"{' '.join(command)[:200]}: exit code {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        )
    return done.stdout


def main() -> int:
    """Prove it and say what was run; exit code 1 where it fails."""
    try:
        if not (ROOT / ".venv" / ".base").exists():
            proof = prove(ROOT)
        else:
            with tempfile.TemporaryDirectory() as directory:
                proof = prove(clone_into(Path(directory)))
    except (NotProved, ValueError) as error:
        print(f"NOT PROVED: {error}", file=sys.stderr)
        return 1
    for command in proof.ran:
        print(f"ran: {command}")
    for command in proof.skipped:
        print(f"skipped: {command}")
    versions = ", ".join(f"{name} {version}" for name, version in proof.versions.items())
    print(
        f"a fresh clone imports {versions} and asks for {proof.program['resources']} resources ({proof.seconds:.0f} s)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
