"""Puts the samples of a run into columns: a row for each request, as judged, for a program that reads tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.runs.judge import Judged
from bench.runs.log_lines import ReportLine
from contract.phases import PHASES

Value = str | int | float | bool | None


@dataclass(frozen=True)
class Column:
    """A column: its name, its one type, and its value in a row; None where a request has none."""

    name: str
    type_: type[str] | type[int] | type[float] | type[bool]
    value: Callable[[Judged], Value]


def _phase(name: str) -> Column:
    return Column(f"{name}_ms", float, lambda item: item.sample.seen.phases_ms.get(name))


def _reported(name: str, type_: type[int] | type[float], value: Callable[[ReportLine], int | float | None]) -> Column:
    """What Lambda's REPORT line says."""
    return Column(name, type_, lambda item: value(item.report) if item.report else None)


COLUMNS: Sequence[Column] = (
    Column("id", str, lambda item: item.sample.id),
    Column("visit", str, lambda item: item.sample.visit),
    Column("session", int, lambda item: item.sample.session),
    Column("round", int, lambda item: item.sample.round),
    Column("order", int, lambda item: item.sample.order),
    Column("warm_up", bool, lambda item: item.sample.warm_up),
    Column("storage", str, lambda item: item.sample.variant.backend),
    Column("precision", str, lambda item: item.sample.variant.precision),
    Column("engine", str, lambda item: item.sample.variant.engine),
    Column("memory_mb", int, lambda item: item.sample.variant.memory_mb),
    Column("tokens", int, lambda item: item.sample.variant.tokens),
    Column("arm", str, lambda item: item.sample.variant.arm),
    Column("direct_reads", str, lambda item: item.sample.variant.direct_reads),
    Column("state", str, lambda item: item.sample.state),
    Column("cold_kind", str, lambda item: item.sample.cold_kind),
    Column("status", str, lambda item: item.status),
    Column("used", bool, lambda item: item.used),
    Column("reasons", str, lambda item: "; ".join(item.reasons) or None),
    Column("utc", str, lambda item: item.sample.utc),
    Column("elapsed_s", float, lambda item: item.sample.elapsed_s),
    Column("connect_ms", float, lambda item: item.sample.seen.connect_ms),
    Column("request_ms", float, lambda item: item.sample.seen.request_ms),
    Column("limit_ms", float, lambda item: item.sample.limit_ms),
    Column("http_status", int, lambda item: item.sample.seen.status),
    Column("environment_id", str, lambda item: item.sample.seen.environment_id),
    Column("invocation", int, lambda item: item.sample.seen.invocation),
    Column("fetched_bytes", int, lambda item: item.sample.seen.fetched_bytes),
    *map(_phase, PHASES),
    _reported("report_duration_ms", float, lambda line: line.duration_ms),
    _reported("report_init_ms", float, lambda line: line.init_ms),
    _reported("report_restore_ms", float, lambda line: line.restore_ms),
    _reported("report_billed_ms", float, lambda line: line.billed_ms),
    _reported("report_memory_mb", int, lambda line: line.memory_mb),
    _reported("peak_memory_mb", int, lambda line: line.max_memory_mb),
)
