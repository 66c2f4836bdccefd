"""Lambda's own account of an invocation: REPORT and INIT_REPORT, as text (AWS, RIE) or JSON (AWS)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
_RIE_INIT = re.compile(r"INIT REPORT\(durationMs: (?P<ms>\d+(?:\.\d+)?)\)")


@dataclass(frozen=True)
class Report:
    """One invocation as Lambda accounts for it. Durations in ms, memory in MB; None where the line is silent."""

    request_id: str
    duration_ms: float | None = None
    billed_ms: float | None = None
    memory_mb: int | None = None
    max_memory_mb: int | None = None
    init_ms: float | None = None
    status: str | None = None


@dataclass(frozen=True)
class InitReport:
    """An INIT that Lambda reports apart because it failed or timed out (`status`), in `phase` init or invoke."""

    duration_ms: float
    phase: str | None = None
    status: str | None = None

    @property
    def timed_out(self) -> bool:
        """Whether this INIT hit its limit and was run again."""
        return self.status == "timeout"


def parse_log_line(line: str) -> Report | InitReport | None:
    """What a log line reports; None for any other line (START, END, the function's own output)."""
    text = line.strip()
    if text.startswith("{"):
        return _from_json(text)
    if text.startswith("REPORT RequestId:"):
        return _report(_text_fields(text.removeprefix("REPORT ")))
    if text.startswith("INIT_REPORT "):
        values = _text_fields(text.removeprefix("INIT_REPORT "))
        duration = _number(values.get("Init Duration"))
        return None if duration is None else InitReport(duration, values.get("Phase"), values.get("Status"))
    if match := _RIE_INIT.search(text):
        return InitReport(float(match["ms"]))
    return None


def _text_fields(text: str) -> dict[str, str]:
    """The tab-separated `Name: value` pairs of a platform line."""
    pairs = (part.partition(":") for part in re.split(r"[\t\n]", text))
    return {name.strip(): value.strip() for name, colon, value in pairs if colon}


def _report(values: Mapping[str, str]) -> Report:
    memory, peak = _number(values.get("Memory Size")), _number(values.get("Max Memory Used"))
    return Report(
        request_id=values["RequestId"],
        duration_ms=_number(values.get("Duration")),
        billed_ms=_number(values.get("Billed Duration")),
        memory_mb=None if memory is None else int(memory),
        max_memory_mb=None if peak is None else int(peak),
        init_ms=_number(values.get("Init Duration")),
        status=values.get("Status"),
    )


def _from_json(text: str) -> Report | InitReport | None:
    try:
        event = json.loads(text)
    except ValueError:
        return None
    record = event.get("record") if isinstance(event, dict) else None
    if not isinstance(record, dict):
        return None
    metrics: dict[str, Any] = record.get("metrics") or {}
    if event.get("type") == "platform.report" and "requestId" in record:
        return Report(
            request_id=str(record["requestId"]),
            duration_ms=metrics.get("durationMs"),
            billed_ms=metrics.get("billedDurationMs"),
            memory_mb=metrics.get("memorySizeMB"),
            max_memory_mb=metrics.get("maxMemoryUsedMB"),
            init_ms=metrics.get("initDurationMs"),
            status=record.get("status"),
        )
    if event.get("type") == "platform.initReport" and "durationMs" in metrics:
        return InitReport(float(metrics["durationMs"]), record.get("phase"), record.get("status"))
    return None


def _number(text: str | None) -> float | None:
    match = _NUMBER.search(text or "")
    return float(match.group()) if match else None
