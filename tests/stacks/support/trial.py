"""Tries faults: seeds one into a copy of the program, runs it, and shows which check catches it."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from tests.stacks.faults import (
    access,
    api,
    conditions,
    functions,
    given,
    images,
    page,
    s3files,
    schema,
    shape,
    snapshots,
    storage,
)
from tests.stacks.faults.fault import CONFIG, SCHEMA, Fault
from tests.stacks.support import cloudformation, recorder
from tests.stacks.support.invariants import violations
from tests.stacks.support.project import ROOT, make_project

PACKAGES = ("stacks", "images/contract")  # whose modules a fault may be in
FAULTS: tuple[Fault, ...] = (
    *schema.FAULTS,
    *shape.FAULTS,
    *functions.FAULTS,
    *images.FAULTS,
    *storage.FAULTS,
    *s3files.FAULTS,
    *snapshots.FAULTS,
    *access.FAULTS,
    *conditions.FAULTS,
    *api.FAULTS,
    *page.FAULTS,
    *given.FAULTS,
)


def checks_that_catch(fault: Fault) -> list[str]:
    """Seed one fault into a copy of the program, run it with everything on, and return the checks' complaints.

    To be called in a process of its own: it loads another `stacks` than the real one.
    """
    with tempfile.TemporaryDirectory() as directory:
        program = make_project(Path(directory))
        for package in PACKAGES:
            half = shutil.ignore_patterns("*.pyc.*")  # byte code comes along, unless it is just being written
            shutil.copytree(ROOT / package, program / package, ignore=half, dirs_exist_ok=True)
        for name in ("__main__.py", "Pulumi.yaml"):
            shutil.copy(ROOT / name, program)
        patched = program / _home(fault.file)
        source = patched.read_text()
        if fault.old not in source:
            return [f"stale fault: {fault.old!r} is not in {fault.file}"]
        patched.write_text(source.replace(fault.old, fault.new))
        return _checked(program, fault)


def _home(file: str) -> str:
    """Where a fault's file is: in stacks/ unless it is the program itself or begins with the shared package's name."""
    if file == "__main__.py":
        return file
    return f"images/{file}" if file.startswith("contract/") else f"stacks/{file}"


def _checked(program: Path, fault: Fault) -> list[str]:
    for name in [name for name in sys.modules if name.partition(".")[0] in ("stacks", "contract")]:
        del sys.modules[name]
    path = [str(program), str(program / "images")]
    sys.path[:0] = path
    recorder.ROOT = program
    try:
        graph = recorder.run(program, {**CONFIG, **fault.config})
        against_schemas = cloudformation.problems(graph) if fault.caught_by == SCHEMA else []
        return [*violations(graph), *(f"{SCHEMA}: {problem}" for problem in against_schemas)]
    except Exception as error:  # whatever a fault may do to the program
        return [f"the program stops: {error!r}"]
    finally:
        recorder.ROOT = ROOT
        del sys.path[: len(path)]
