"""A core's speed is that of the published task, although fewer calls are timed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.runs import core_speed, facts
from bench.runs.plan import Axes
from bench.runs.recorded import recorded_fibonacci_ms
from bench.runs.records import Session


@given(st.integers(0, 15))
def test_calls_are_counted_as_they_are_made(n: int) -> None:
    made = 0

    def fibonacci(n: int) -> int:
        nonlocal made
        made += 1
        return n if n <= 1 else fibonacci(n - 1) + fibonacci(n - 2)

    assert core_speed._fibonacci(n) == fibonacci(n)
    assert core_speed._calls(n) == made


def test_the_time_is_that_of_all_calls_of_the_published_task(monkeypatch: pytest.MonkeyPatch) -> None:
    timed = iter([1.0, 9.0, 2.0, 1.5, 1.9])
    monkeypatch.setattr(core_speed, "_core_ms", lambda task: next(timed))
    assert core_speed.fibonacci_ms() == pytest.approx(1.9 * 11_405_773 / 242_785)


def test_a_task_is_timed_in_milliseconds_of_core_time() -> None:
    assert 0 < core_speed._core_ms(lambda: sum(range(100_000))) < 10_000


def test_the_sort_takes_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core_speed, "_SORTED_BYTES", 8 * 2000)
    assert core_speed.sort_ms() > 0


@pytest.mark.parametrize("said", [None, True, 0, -1.0, 1e-300, 1e300, "339", float("nan")])
def test_a_speed_that_no_core_has_is_not_known(said: object) -> None:
    assert recorded_fibonacci_ms(Session(1, "2026", Axes(("s3",)), {}, {}, {"machine": {"fibonacci_ms": said}})) is None


def test_the_speed_of_a_core_is_recorded_with_its_machine() -> None:
    session = Session(1, "2026", Axes(("s3",)), {}, {}, facts.gather().recorded())
    assert recorded_fibonacci_ms(session) == session.facts["machine"]["fibonacci_ms"]
    assert recorded_fibonacci_ms(Session(1, "2026", Axes(("s3",)), {}, {}, {})) is None
