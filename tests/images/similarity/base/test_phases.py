"""Phases: durations add up, and starts show which ran side by side."""

from __future__ import annotations

import re
import time

import pytest

from similarity.base.phases import Phases


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The monotonic clock in seconds, which the test sets."""
    now = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    return now


def read(phases: Phases) -> dict[str, tuple[float, float]]:
    """Start and duration in ms by name."""
    found = re.findall(r"(\w+);dur=([\d.]+);start=([\d.]+)", phases.server_timing())
    return {name: (float(start), float(duration)) for name, duration, start in found}


def test_starts_count_from_the_first_phase_even_one_older_than_the_book(clock: list[float]) -> None:
    phases = Phases()
    phases.add("boot", 40)
    with phases.span("init"):
        clock[0] += 0.010
        with phases.span("load"):
            clock[0] += 0.005
        phases.add("fetch", 15)
    assert read(phases) == {"boot": (0, 40), "init": (40, 15), "load": (50, 5), "fetch": (40, 15)}


def test_spans_of_one_name_add_up_and_keep_the_first_start(clock: list[float]) -> None:
    phases = Phases()
    for _ in range(2):
        with phases.span("read"):
            clock[0] += 0.002
        clock[0] += 1
    assert read(phases) == {"read": (0, 4)}


def test_core_time_stands_beside_the_clocks_and_is_that_of_the_process_where_asked(clock: list[float]) -> None:
    worked = [5.0]
    phases = Phases()
    phases.add("boot", 40, 31)
    with phases.span("encode", lambda: worked[0]):
        clock[0] += 0.010
        worked[0] += 0.018
    with phases.span("wait"):
        clock[0] += 1
    found = dict(re.findall(r"(\w+);dur=[\d.]+;start=[\d.]+;core=([\d.]+)", phases.server_timing()))
    assert (float(found["boot"]), float(found["encode"])) == (31, 18)
    assert float(found["wait"]) < 1000


def test_no_phase_is_an_empty_header() -> None:
    assert Phases().server_timing() == ""
