"""Gives the runtime of an environment its share of the processors, by the quota of a control group."""

from __future__ import annotations

import os

from lab.host import cgroups
from lab.host.processes import children
from lab.shape.shape import Processor


class ProcessorShare:
    """The processor time of one environment: a core for so much memory, and during INIT at least a fixed part.

    It holds for the runtime and all that this starts, not for the emulator, which stands for Lambda's own part of an
    environment. The function sees all processors of this machine, as it sees more than its share on Lambda.
    """

    def __init__(self, lab: str, environment: str, processor: Processor, memory_mb: int) -> None:
        """Raises OSError where the kernel has no processor groups, or we may not make one."""
        self._processor = processor
        self._memory_mb = memory_mb
        self._group = cgroups.processor_group(lab, environment)
        self._limit(processor.cores_in_init(memory_mb))

    def admit(self, pid: int) -> None:
        """Put a process and all that it has started under the share; what they start from now on is, too."""
        admitted: set[int] = set()
        while new := {pid, *(child for one in admitted for child in children(one))} - admitted:
            for one in new:
                cgroups.admit(self._group, one)
            admitted |= new

    def end_init(self) -> None:
        """INIT is over: from now on the memory size alone counts."""
        self._limit(self._processor.cores(self._memory_mb))

    def close(self) -> None:
        """Remove the group; its processes must be gone."""
        cgroups.remove(self._group)

    def _limit(self, cores: float) -> None:
        period_us = round(self._processor.period_ms * 1000)
        cgroups.set_quota(self._group, round(cores * period_us), period_us)


def obstacle_to_shares() -> str | None:
    """Why this machine cannot give shares of its processors, in words for the user; None if it can."""
    if cgroups.has_processor_groups():
        return None
    return f"processor shares need {'root' if os.geteuid() else 'a writable cpu control group, version 1 or 2'}"
