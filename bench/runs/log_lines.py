"""Parses Lambda's own account of an invocation: REPORT and INIT_REPORT, as text (AWS, RIE) or JSON (AWS)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from bench.runs.checks import LONGEST_MS

_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
_RIE_INIT = re.compile(r"INIT REPORT\(durationMs: (?P<ms>\d+(?:\.\d+)?)\)")


@dataclass(frozen=True)
class ReportLine:
    """Lambda's account of one invocation. Durations in ms, memory in MB; None for what the line lacks.

    A restored environment has a `restore_ms` in place of an `init_ms`; `billed_ms` counts `billed_restore_ms` in.
    """

    request_id: str
    duration_ms: float | None = None
    billed_ms: float | None = None
    memory_mb: int | None = None
    max_memory_mb: int | None = None
    init_ms: float | None = None
    status: str | None = None
    restore_ms: float | None = None
    billed_restore_ms: float | None = None


@dataclass(frozen=True)
class InitReportLine:
    """An INIT that Lambda reports apart because it failed or timed out (`status`), in `phase` init or invoke."""

    duration_ms: float
    phase: str | None = None
    status: str | None = None

    @property
    def timed_out(self) -> bool:
        """Whether this INIT hit its limit and was run again."""
        return self.status == "timeout"


def parse_log_line(line: str) -> ReportLine | InitReportLine | None:
    """The report in a log line; None for any other line (START, END, the function's own output)."""
    text = line.strip()
    if text.startswith("{"):
        return _from_json(text)
    if text.startswith("REPORT RequestId:"):
        return _report(_text_fields(text.removeprefix("REPORT ")))
    if text.startswith("INIT_REPORT "):
        values = _text_fields(text.removeprefix("INIT_REPORT "))
        init = _number(values.get("Init Duration"))
        return None if init is None else InitReportLine(init, values.get("Phase"), values.get("Status"))
    match = _RIE_INIT.search(text)
    duration = _number(match["ms"]) if match else None
    return None if duration is None else InitReportLine(duration)


def _text_fields(text: str) -> dict[str, str]:
    """The tab-separated `Name: value` pairs of a platform line."""
    pairs = (part.partition(":") for part in re.split(r"[\t\n]", text))
    return {name.strip(): value.strip() for name, colon, value in pairs if colon}


def _report(values: Mapping[str, str]) -> ReportLine | None:
    request_id = values.get("RequestId")
    if not request_id:
        return None
    return ReportLine(
        request_id=request_id,
        duration_ms=_number(values.get("Duration")),
        billed_ms=_number(values.get("Billed Duration")),
        memory_mb=_whole(_number(values.get("Memory Size"))),
        max_memory_mb=_whole(_number(values.get("Max Memory Used"))),
        init_ms=_number(values.get("Init Duration")),
        status=values.get("Status"),
        restore_ms=_number(values.get("Restore Duration")),
        billed_restore_ms=_number(values.get("Billed Restore Duration")),
    )


def _from_json(text: str) -> ReportLine | InitReportLine | None:
    """The report in a platform event. Anything in another form is a function's own output."""
    try:
        event = json.loads(text)
    except (ValueError, RecursionError):
        return None
    record = event.get("record") if isinstance(event, dict) else None
    metrics = record.get("metrics", {}) if isinstance(record, dict) else None
    if not isinstance(record, dict) or not isinstance(metrics, dict):
        return None
    status, phase, request_id = (_text(record.get(name)) for name in ("status", "phase", "requestId"))
    if event.get("type") == "platform.report" and request_id:
        return ReportLine(
            request_id=request_id,
            duration_ms=_measured(metrics.get("durationMs")),
            billed_ms=_measured(metrics.get("billedDurationMs")),
            memory_mb=_whole(_measured(metrics.get("memorySizeMB"))),
            max_memory_mb=_whole(_measured(metrics.get("maxMemoryUsedMB"))),
            init_ms=_measured(metrics.get("initDurationMs")),
            status=status,
            restore_ms=_measured(metrics.get("restoreDurationMs")),
            billed_restore_ms=_measured(metrics.get("billedRestoreDurationMs")),
        )
    duration = _measured(metrics.get("durationMs"))
    if event.get("type") == "platform.initReport" and duration is not None:
        return InitReportLine(duration, phase, status)
    return None


def _number(text: str | None) -> float | None:
    match = _NUMBER.search(text or "")
    return _measured(float(match.group())) if match else None


def _measured(value: object) -> float | None:
    """A figure that Lambda could have measured; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LONGEST_MS:
        return None
    return float(value)


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
