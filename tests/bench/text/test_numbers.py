"""Money and shares are written with sense."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.text.numbers import money, per_hour_words, share_range, times


@pytest.mark.parametrize(
    ("usd", "words"),
    [
        (0, "$0"), (0.1, "$0.10"), (0.01, "$0.010"), (0.000064, "$0.000064"), (0.0996, "$0.10"), (0.999, "$1.00"),
        (1, "$1.00"), (45.861, "$45.86"), (999.99, "$999.99"), (999.996, "$1,000"), (12345.6, "$12,346"),
        (-37, "-$37.00"), (-0.25, "-$0.25"),
    ],
)  # fmt: skip
def test_money_by_hand(usd: float, words: str) -> None:
    assert money(usd) == words


@given(st.floats(1e-9, 1e9))
def test_money_keeps_two_digits_and_never_drops_a_zero(usd: float) -> None:
    written = money(usd)
    assert float(written[1:].replace(",", "")) == pytest.approx(usd, rel=0.051)
    if usd < 0.99:
        assert len(re.sub(r"^\$0\.0*", "", written)) == 2


def test_shares_and_ratios_by_hand() -> None:
    assert share_range((0.000084, 0.92)) == "0.0084% to 92%"
    assert share_range((0.5, 0.5)) == "50%"
    assert [times(ratio) for ratio in (0.834, 1.0, 2.14, 9.96, 163.4, 12345)] == [
        *("0.83", "1.0", "2.1", "10", "163", "12,345"),
    ]


def test_a_rate_is_written_out() -> None:
    assert [per_hour_words(value) for value in (0.8749, 42.4, 139.9, 1234567.0)] == ["0.87", "42", "140", "1,200,000"]
