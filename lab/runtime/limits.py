"""Limits what one execution environment gets of this machine: memory and, where it is shaped, processor time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Self

from lab.runtime.function_spec import FunctionSpec
from lab.runtime.memory import MemoryLimit
from lab.shape.processor import ProcessorShare


@dataclass(frozen=True)
class Limits:
    """The limits of one environment; `share` is None where its processor time is not limited."""

    memory: MemoryLimit
    share: ProcessorShare | None

    @classmethod
    def of(cls, lab: str, environment: str, spec: FunctionSpec) -> Self:
        """Those that a function's memory size asks for. Raises OSError where a share cannot be given."""
        memory = MemoryLimit(lab, environment, spec.memory_mb)
        share = ProcessorShare(lab, environment, spec.processor, spec.memory_mb) if spec.processor else None
        return cls(memory, share)

    def admit_emulator(self, pid: int) -> None:
        """Count the memory of the emulator and of all that it will start; its processor time is Lambda's own."""
        self.memory.admit(pid)

    async def admit_runtime(self, pid: int) -> None:
        """Give the runtime, and all that it has started or will start, no more than its share."""
        self.memory.watch(pid)
        if self.share is not None:
            await asyncio.to_thread(self.share.admit, pid)  # the kernel may take some milliseconds

    def end_init(self) -> None:
        """INIT is over."""
        if self.share is not None:
            self.share.end_init()

    def close(self) -> None:
        """Remove what was made; the environment's processes must be gone."""
        if self.share is not None:
            self.share.close()
        self.memory.close()
