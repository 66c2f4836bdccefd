"""The line of a transfer is found again in the bytes that a perfect token bucket lets through."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.check.network import line_of
from lab.shape.shape import Network


@given(
    st.integers(5_000_000, 500_000_000),
    st.floats(2e8, 2e9),
    st.floats(0.01, 0.1),
    st.floats(0.6, 1.0),
)
def test_planted_figures_are_recovered(bucket: int, burst: float, part: float, carried: float) -> None:
    steady = part * burst
    limits = Network(bucket, burst, steady)
    seen = transfer(limits, rate=carried * burst)
    line = line_of(seen, limits)
    assert line.steady == pytest.approx(steady, rel=0.02)
    assert line.bucket == pytest.approx(bucket, rel=0.02)
    assert line.burst == pytest.approx(carried * burst, rel=0.02), "the burst is as fast as the machine carries it"


def test_a_transfer_that_is_over_at_once_had_no_limit() -> None:
    line = line_of([(0.1, 10**8), (0.2, 2 * 10**8)], Network(10**8, 1e9, 1e6))
    assert (line.burst, line.bucket, line.steady) == (1e9, 2e8, 1e9)


def transfer(limits: Network, rate: float) -> list[tuple[float, int]]:
    """Seconds and bytes through a bucket that is full at first, at no more than `rate`; tokens flow in all the time."""
    tokens = limits.bucket * (1 - limits.steady / limits.burst)
    empty = tokens / (rate - limits.steady)
    watched = 2.0 + 2 * limits.bucket / limits.burst
    burst = [(empty * step / 100, rate * empty * step / 100) for step in range(1, 101)]
    after = [
        (empty + watched * step / 100, rate * empty + limits.steady * watched * step / 100) for step in range(1, 101)
    ]
    return [(at, int(count)) for at, count in burst + after]
