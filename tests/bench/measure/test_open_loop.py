"""Open-loop load: due times do not depend on answers, and waiting is never hidden."""

from __future__ import annotations

import itertools
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bench.measure.arrivals import Pace, arrivals, replayed
from bench.measure.open_loop import drive
from bench.process.errors import UnsoundError, UsageError
from bench.report.loads.report import load_report
from bench.runs.load_file import LoadFile, read_load
from bench.runs.loads import Arrival, Load, LoadHeader, Step
from bench.runs.records import Observation
from bench.runs.store import LOAD

HEADER = LoadHeader(
    kind="load", schema=1, utc="2026", rate=10, duration_s=1, spacing="constant", seed=1, most_at_once=16,
    target={"kind": "lab"}, facts={}, notes=(),
)  # fmt: skip

STEP = Step("s3", 1, 1.0, 1.0, 1.0, 5)


@given(st.floats(0.5, 200), st.floats(0.1, 20), st.integers(0, 9))
def test_poisson_arrivals_are_ordered_within_the_time_and_reproducible(rate: float, duration: float, seed: int) -> None:
    due = arrivals(Pace(rate, rate, duration), "poisson", seed)
    assert due == sorted(due)
    assert all(0 <= time < duration for time in due)
    assert due == arrivals(Pace(rate, rate, duration), "poisson", seed)


def test_rates_are_kept() -> None:
    assert arrivals(Pace(10, 10, 1), "constant", 0) == pytest.approx([number / 10 for number in range(10)])
    due = arrivals(Pace(100, 100, 100), "poisson", 1)
    assert len(due) == pytest.approx(10_000, rel=0.05)
    gaps = [b - a for a, b in itertools.pairwise(due)]
    mean = sum(gaps) / len(gaps)
    variance = sum((gap - mean) ** 2 for gap in gaps) / len(gaps)
    assert variance**0.5 == pytest.approx(mean, rel=0.05)  # exponential gaps: deviation equals mean


@given(st.floats(0, 50), st.floats(0, 50), st.floats(1, 50), st.floats(0, 1))
@example(0.0, 0.5, 2.0, 5e-324)
@example(0.0, 0.5, 2.0, 1e-323)
@example(1e-200, 0.5, 2.0, 1e-320)
def test_the_time_of_a_ramp_inverts_its_integral(start: float, end: float, duration: float, share: float) -> None:
    pace = Pace(start, end, duration)
    if pace.expected < 0.01:
        return
    at = pace.time_of(share * pace.expected)
    integral = start * at + (end - start) / (2 * duration) * at**2
    assert integral == pytest.approx(share * pace.expected, rel=1e-6, abs=1e-6)


def test_a_ramp_has_most_of_its_requests_where_its_rate_is_highest() -> None:
    due = arrivals(Pace(0, 20, 100), "poisson", 3)
    assert len(due) == pytest.approx(1000, rel=0.15)
    assert sum(time > 50 for time in due) / len(due) == pytest.approx(0.75, abs=0.05)


@given(st.lists(st.floats(0, 1e9), min_size=2, max_size=20), st.floats(0.1, 100))
def test_a_trace_is_replayed_from_its_first_arrival_on(times: list[float], speed: float) -> None:
    due = replayed(times, speed)
    assert due[0] == 0
    assert due[-1] == pytest.approx((max(times) - min(times)) / speed)
    assert due == sorted(due)


def test_a_slow_target_does_not_slow_the_arrivals_and_its_queue_is_seen() -> None:
    """One worker, four requests due at once, 0.2 s each: three are dropped, none waits unseen."""
    recorded: list[Arrival] = []

    def slow() -> Observation:
        time.sleep(0.2)
        return Observation(0.0, 200.0, status=200, invocation=2)

    drive(STEP, [0.0, 0.0, 0.0, 0.0, 0.5], slow, 1, recorded.append)
    assert sorted(arrival.dropped for arrival in recorded) == [False, False, True, True, True]
    answered = [arrival for arrival in recorded if not arrival.dropped]
    assert [arrival.due_s for arrival in answered] == [0.0, 0.5]
    assert all(arrival.latency_ms is not None and arrival.latency_ms >= 200 for arrival in answered)


def test_requests_overlap_up_to_the_limit() -> None:
    together = threading.Barrier(3, timeout=60)  # breaks unless three are under way at once

    def call() -> Observation:
        together.wait()
        return Observation(0.0, 1.0, status=200, invocation=1)

    recorded: list[Arrival] = []
    drive(STEP, [0.0, 0.0, 0.0], call, 3, recorded.append)
    assert [arrival.status for arrival in recorded] == [200] * 3
    assert all(arrival.cold for arrival in recorded)


def test_latency_counts_from_the_due_time() -> None:
    report = load_report(
        Load(
            HEADER,
            (),
            (
                Arrival("s3", 0.0, lag_ms=5.0, latency_ms=105.0, status=200),
                Arrival("s3", 0.1, lag_ms=7.0, latency_ms=107.0, status=200, cold=True),
                Arrival("s3", 0.2, lag_ms=9.0, latency_ms=30_000.0, status=503),
                Arrival("s3", 0.3, dropped=True),
            ),
        )
    )
    (item,) = report.backends
    assert (item.due, item.dropped, item.failed, item.cold, item.cold_share) == (4, 1, 1, 1, 0.5)
    assert (item.p50_ms, item.p95_ms, item.lag_max_ms) == (106.0, None, 9.0)


def test_arrivals_survive_the_file_and_a_torn_line_is_left_out_and_named(tmp_path: Path) -> None:
    arrival = Arrival("s3", 1.5, 2.0, 30.0, 200, True, False, None)
    with LoadFile(tmp_path) as file:
        file.append(HEADER)
        file.append(arrival)
    with (tmp_path / LOAD).open("a") as more:
        more.write('{"backend":"s3","du')
    load = read_load(tmp_path)
    header = load.header
    assert load.arrivals == (arrival,)
    assert header.notes == ("Left out, since not JSON (torn by a kill?): line 3.",)
    assert replace(header, notes=()) == HEADER


def test_a_load_in_which_nothing_was_sent_or_that_is_not_there_is_said(tmp_path: Path) -> None:
    with LoadFile(tmp_path) as file:
        file.append(HEADER)
        file.append(Arrival("s3", 1.0, dropped=True))
    with pytest.raises(UnsoundError, match="nothing was measured"):
        read_load(tmp_path)
    with pytest.raises(UsageError, match="not a load"):
        read_load(tmp_path / "elsewhere")


@pytest.mark.parametrize(
    "line",
    ["5", "null", "[1,2]", '{"backend":"s3","due_s":1,"latency_ms":-2}', '{"backend":"s3","due_s":"1"}', "[" * 90_000],
)
def test_a_corrupt_line_is_named(tmp_path: Path, line: str) -> None:
    with LoadFile(tmp_path) as file:
        file.append(HEADER)
    with (tmp_path / LOAD).open("a") as more:
        more.write(line + "\n")
    with pytest.raises(UsageError, match="line 2: "):
        read_load(tmp_path)
