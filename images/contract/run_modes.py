"""Names how Lambda can make the environment that answers, and what is called after that.

A function's $LATEST always runs on demand. The other modes exist for published versions alone, so they are asked for
through an alias, which has a path of its own: `/oci-snapstart/similar` beside `/oci/similar`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contract import environment
from contract.routes import SNAPSHOTS as ALIAS
from contract.storages import STORAGES, storage

_MARK = "+"  # in labels: oci+snapstart


@dataclass(frozen=True)
class RunMode:
    """One way to an environment.

    `initialization` is what Lambda puts into AWS_LAMBDA_INITIALIZATION_TYPE (the values as public code compares them,
    seen in November 2026; AWS's own page was not read). `restores`: environments are copies of a snapshot
    that was taken when a version was published. `alias` is asked for in place of $LATEST.
    """

    name: str
    initialization: str
    restores: bool = False
    alias: str | None = None


ON_DEMAND = RunMode("on-demand", environment.ON_DEMAND)
SNAPSTART = RunMode("snapstart", environment.SNAP_START, restores=True, alias=ALIAS)
PROVISIONED = RunMode("provisioned", "provisioned-concurrency")
RUN_MODES: Mapping[str, RunMode] = {mode.name: mode for mode in (ON_DEMAND, SNAPSTART, PROVISIONED)}


def label(backend: str, mode: RunMode) -> str:
    """How reports name a backend in a mode: `oci`, `oci+snapstart`."""
    return backend if mode is ON_DEMAND else f"{backend}{_MARK}{mode.name}"


def split(name: str) -> tuple[str, RunMode]:
    """The backend and the mode of a label. Raises ValueError, which names the modes, for one that is not known."""
    backend, mark, mode = name.partition(_MARK)
    if mark and (mode == ON_DEMAND.name or mode not in RUN_MODES):
        marked = ", ".join(each for each in RUN_MODES if each != ON_DEMAND.name)
        raise ValueError(f"there is no mode {mode!r}: it is one of {marked}")
    return backend, RUN_MODES[mode] if mark else ON_DEMAND


def path_segment(backend: str, mode: RunMode) -> str:
    """The first part of the mode's path: `oci`, `oci-snapstart`."""
    return backend if mode.alias is None else f"{backend}-{mode.alias}"


def has_snapshots(name: str) -> bool:
    """Whether SnapStart takes functions of this storage: it refuses those that mount a file system.

    "Improving startup performance with Lambda SnapStart", AWS Lambda Developer Guide, read in November 2026.
    """
    kind = storage(name)
    return kind.baked or kind.opened == "bucket"


SNAPSHOTS = tuple(label(name, SNAPSTART) for name in STORAGES if has_snapshots(name))
"""The labels of all storages in that mode."""
