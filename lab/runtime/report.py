"""Writes the lines that Lambda itself adds to a function's log, in AWS's text format."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Report:
    """The content of a REPORT line. Durations in milliseconds, memory in MB; `init_ms` only on a cold start."""

    request_id: str
    duration_ms: float
    memory_size_mb: int
    max_memory_mb: int
    init_ms: float | None = None
    status: str | None = None
    error_type: str | None = None

    def line(self) -> str:
        """The REPORT line. INIT is billed (since August 2025), so Billed Duration covers both phases."""
        billed = math.ceil(self.duration_ms + (self.init_ms or 0.0))
        fields = [
            f"REPORT RequestId: {self.request_id}",
            f"Duration: {self.duration_ms:.2f} ms",
            f"Billed Duration: {billed} ms",
            f"Memory Size: {self.memory_size_mb} MB",
            f"Max Memory Used: {self.max_memory_mb} MB",
        ]
        if self.init_ms is not None:
            fields.append(f"Init Duration: {self.init_ms:.2f} ms")
        if self.status is not None:
            fields.append(f"Status: {self.status}")
        if self.error_type is not None:
            fields.append(f"Error Type: {self.error_type}")
        return "\t".join(fields) + "\t"


def start_line(request_id: str) -> str:
    """The line that opens an invocation."""
    return f"START RequestId: {request_id} Version: $LATEST"


def end_line(request_id: str) -> str:
    """The line that closes an invocation."""
    return f"END RequestId: {request_id}"


def init_report_line(init_ms: float, phase: str, status: str, error_type: str | None = None) -> str:
    """The line about an INIT that failed or took too long; `phase` is init, or invoke for the second try."""
    error = f"\tError Type: {error_type}" if error_type else ""
    return f"INIT_REPORT Init Duration: {init_ms:.2f} ms\tPhase: {phase}\tStatus: {status}{error}"
