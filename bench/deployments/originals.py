"""Remembers what a run changes in a function before the first change, and puts it back after the last one."""

from __future__ import annotations

from collections.abc import Mapping

from bench.deployments.deployment import Deployment
from bench.deployments.functions import Configuration, Functions
from bench.deployments.versions import Versions
from bench.process.errors import BenchError, TargetError
from bench.runs.records import Original
from contract.environment import CONFIG_NONCE, ENGINE

_CHANGED = (CONFIG_NONCE, ENGINE)


def original_of(found: Configuration, version: str | None = None) -> Original:
    """The part of a configuration that a run changes, the time-out, and the version that its alias points at."""
    changed = {name: found.variables.get(name) for name in _CHANGED}
    return Original(found.memory_mb, found.timeout_s, changed, version, found.direct_reads)


def put_back(functions: Functions, deployment: Deployment, originals: Mapping[str, Original]) -> tuple[str, ...]:
    """Put back whatever has changed; return the names of the backends where something had.

    Tries every backend, then raises TargetError about those that could not be put back.
    """
    changed, failed = [], []
    for name, original in originals.items():
        try:
            if _put_back(functions, deployment, name, original):
                changed.append(name)
        except BenchError as error:
            failed.append(f"{name}: {error}")
    if failed:
        raise TargetError("; ".join(failed))
    return tuple(changed)


def _put_back(functions: Functions, deployment: Deployment, name: str, original: Original) -> bool:
    backend = deployment.backend(name)
    is_moved = Versions(functions).put_back(backend, original.version)
    present = functions.settled(backend)
    variables = dict(present.variables)
    for variable, value in original.variables.items():
        if value is None:
            variables.pop(variable, None)
        else:
            variables[variable] = value
    switched = original.direct_reads is not None and original.direct_reads != present.direct_reads
    if (variables, original.memory_mb) == (present.variables, present.memory_mb) and not switched:
        return is_moved
    functions.configure(backend, variables, original.memory_mb, original.direct_reads if switched else None)
    return True


def standing_nonce(variables: Mapping[str, str | None]) -> str | None:
    """A warning if a function still carries the nonce of a run, else None."""
    nonce = variables.get(CONFIG_NONCE)
    if not nonce:
        return None
    return (
        f"carries the {CONFIG_NONCE} of a run ({nonce}): that run is under way, or was killed before it put back "
        "engine and memory; `bench/run.py restore DIR`, with that run's folder, puts them back"
    )
