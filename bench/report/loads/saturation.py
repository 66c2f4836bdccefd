"""Says whether the client or its machine was saturated, so that the figures tell of them and not of the storage."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.report.rounding import finite
from bench.runs.loads import Reading, Step
from bench.stats.quantiles import quantile
from bench.text.numbers import milliseconds

_BUSY = 0.9  # of all cores: above it, what arrives next has to wait for a core
_MOST_BUSY = 0.2  # of the readings; a second or two of cold starts is not a saturated machine
_CLIENT_CORE = 0.85  # Python runs one thread at a time, so one core is all that a client can use
_LATE_MS = 20.0


@dataclass(frozen=True)
class Saturation:
    """What the processors did during a step: means in cores, None where nobody read them, and what is wrong in words.

    `machine_busy_share` is the share of the readings with more than 90 % of all cores busy, `lag_p95_ms` how late the
    latest 5 % of the requests were sent.
    """

    cores: float | None
    machine_cores: float | None
    machine_busy_share: float | None
    client_cores: float | None
    lag_p95_ms: float | None
    sentences: tuple[str, ...]


def saturation_of(step: Step, readings: Sequence[Reading], lags_ms: Sequence[float], *, is_lab: bool) -> Saturation:
    """The saturation of a step; a lab is on the client's machine, a deployment on AWS is not."""
    machine = [each.machine for each in readings if each.machine is not None]
    busy = [each.machine > _BUSY * each.cores for each in readings if each.machine is not None]
    senders = dict.fromkeys(each.sender for each in readings)
    client = [statistics.fmean(each.client for each in readings if each.sender == sender) for sender in senders]
    lag = quantile(lags_ms, 0.95) if lags_ms else None
    found = Saturation(
        cores=readings[0].cores if readings else None,
        machine_cores=finite(statistics.fmean(machine)) if machine else None,
        machine_busy_share=finite(statistics.fmean(busy)) if busy else None,
        client_cores=finite(max(client)) if client else None,
        lag_p95_ms=finite(lag),
        sentences=(),
    )
    said = (_machine(step, found, len(busy), is_lab=is_lab), _client(step, found))
    return Saturation(
        found.cores, found.machine_cores, found.machine_busy_share, found.client_cores, found.lag_p95_ms,
        tuple(sentence for sentence in said if sentence),
    )  # fmt: skip


def _machine(step: Step, found: Saturation, readings: int, *, is_lab: bool) -> str:
    if found.machine_cores is None or not found.cores or (found.machine_busy_share or 0.0) <= _MOST_BUSY:
        return ""
    share, seconds = found.machine_cores / found.cores, round((found.machine_busy_share or 0.0) * readings)
    told = "the machine, not of the storage" if is_lab else "this machine, not of the deployment"
    whose = "the machine" if is_lab else "the client's machine"
    return (
        f"{_name(step)}: {whose} was saturated: {share:.0%} of {found.cores:g} cores on average, above {_BUSY:.0%} in "
        f"{seconds} of {readings} readings; the figures tell of {told}."
    )


def _client(step: Step, found: Saturation) -> str:
    is_full = (found.client_cores or 0.0) > _CLIENT_CORE
    is_late = (found.lag_p95_ms or 0.0) > _LATE_MS
    if not is_full and not is_late:
        return ""
    late = f"5 % of the requests were sent {milliseconds(found.lag_p95_ms or 0.0)} late or later" if is_late else ""
    if not is_full:
        return f"{_name(step)}: the client did not keep up: {late}, which their latencies hold."
    used = f"it used {found.client_cores or 0.0:.2f} of the one core that it can use"
    said = "; ".join(part for part in (used, late) if part)
    return f"{_name(step)}: the client was saturated: {said}. Send less, or from several clients (docs/load.md)."


def _name(step: Step) -> str:
    return step.backend if step.start_rate != step.end_rate else f"{step.backend} at {step.start_rate:.3g} a second"
