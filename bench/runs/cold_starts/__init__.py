"""Lists the kinds of cold starts, one module each.

Plan, runner, judge, estimate and report ask a kind what they need of it, and never which one it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.runs.cold_starts.first_deploy import FirstDeploy, FirstDeployAxes
from bench.runs.cold_starts.idle import Idle, IdleAxes
from bench.runs.cold_starts.kind import ColdStart
from bench.runs.cold_starts.new_sandbox import NewSandbox
from bench.runs.cold_starts.provisioned import ProvisionedAxes, Ready
from bench.runs.cold_starts.restore import Restore
from bench.runs.cold_starts.scale_out import ScaleOut, ScaleOutAxes


@dataclass(frozen=True)
class ColdStartAxes(ProvisionedAxes, FirstDeployAxes, IdleAxes, ScaleOutAxes):
    """What all kinds are planned by. Dataclasses take their fields from the last base first."""


COLD_STARTS: tuple[type[ColdStart[ColdStartAxes]], ...] = (NewSandbox, Restore, ScaleOut, Ready, Idle, FirstDeploy)


def cold_start(name: str) -> type[ColdStart[ColdStartAxes]]:
    """The kind of this name. Raises ValueError that lists those known; the name may be anything, and is left out."""
    found = {kind.name: kind for kind in COLD_STARTS}.get(name)
    if found is None:
        raise ValueError(f"unknown kind of cold start; known are {', '.join(kind.name for kind in COLD_STARTS)}")
    return found
