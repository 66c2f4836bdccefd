"""Traffic: what a user may give, and how many of its requests start cold, compared with simulated arrivals."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.cost.arrivals import Shares, Timing, trace_shares
from bench.cost.keep_alive import published_keep_alive
from bench.cost.traffic import OFFICE_HOURS, PROFILES, RARE, STEADY, Trace, traffic_of
from bench.process.errors import UsageError


def arrivals(per_hour: float, count: int, seed: int = 2) -> tuple[float, ...]:
    """Times at random, as a clock would see them."""
    rng, now, found = random.Random(seed), 0.0, []
    for _ in range(count):
        now += rng.expovariate(per_hour / 3600)
        found.append(now)
    return tuple(found)


@pytest.mark.parametrize(
    ("per_hour", "keep_min", "cold_s"), [(1, 5, 1.1), (6, 5, 6.0), (6, 60, 1.1), (60, 5, 1.1), (300, 5, 1.1)]
)
def test_the_shares_at_random_are_those_of_simulated_arrivals(per_hour: float, keep_min: float, cold_s: float) -> None:
    timing = Timing(keep_min * 60, cold_s, 0.055)
    computed = STEADY.at(per_hour).shares(timing)
    simulated = trace_shares(arrivals(per_hour, 20_000), timing)
    assert computed.cold == pytest.approx(simulated.cold, rel=0.1, abs=5e-4)
    assert computed.alone == pytest.approx(simulated.alone, rel=0.1, abs=5e-4)
    assert computed.first == pytest.approx(simulated.first, abs=0.01)


@pytest.mark.parametrize("per_hour", [2, 60])
def test_in_office_hours_each_day_begins_cold(per_hour: float) -> None:
    timing, day_s = Timing(600, 1.1, 0.055), 24 * 3600.0
    rng, times = random.Random(4), []
    for day in range(400):
        now = rng.expovariate(per_hour / 3600)
        while now < 8 * 3600:
            times.append(day * day_s + now)
            now += rng.expovariate(per_hour / 3600)
    computed, simulated = OFFICE_HOURS.at(per_hour).shares(timing), trace_shares(tuple(times), timing)
    assert computed.cold == pytest.approx(simulated.cold, rel=0.1)


def test_a_trace_by_hand() -> None:
    # cold; warm; overlaps the one before: cold; both free, so the last used one is taken; after a long pause: cold
    found = trace_shares((0, 10, 10.5, 20, 2000), Timing(600, 5, 1))
    assert found == Shares(alone=2 / 5, crowded=1 / 5, first=4 / 5)
    assert trace_shares((0, 0, 0), Timing(600, 1, 1)) == Shares(1 / 3, 2 / 3, 1 / 3)
    with pytest.raises(ValueError, match="at least one"):
        trace_shares((), Timing(600, 1, 1))


@given(st.floats(0.01, 100_000), st.floats(1, 7200), st.floats(0.01, 10), st.floats(0.001, 1))
def test_shares_are_shares_and_longer_keeping_never_means_more_cold_starts_alone(
    rate: float, keep_s: float, cold_s: float, warm_s: float
) -> None:
    for kind in (STEADY, OFFICE_HOURS):
        found = kind.at(rate).shares(Timing(keep_s, cold_s, warm_s))
        assert 0 <= found.alone <= found.cold <= 1 + 1e-9
        assert 0 <= found.first <= 1
    # without overlap it is the chance of a longer gap
    alone = STEADY.at(rate).shares(Timing(keep_s, 0.0, 0.0))
    assert alone.cold == pytest.approx(math.exp(-rate / 3600 * keep_s), abs=1e-12)


def test_profiles_and_rates_by_hand() -> None:
    assert (RARE.per_month, STEADY.per_month) == (730, 3600 * 730)
    assert OFFICE_HOURS.per_month == pytest.approx(60 * 40 * 730 / 168)
    assert traffic_of("rare") is PROFILES["rare"]
    assert traffic_of("40/h").per_month == 40 * 730
    assert traffic_of("2/min").per_hour == 120
    assert traffic_of("1/s").per_hour == 3600
    assert traffic_of("48/day").per_hour == pytest.approx(2)
    assert traffic_of("730/month").per_hour == pytest.approx(1)
    office = traffic_of("office:200/h")
    assert (office.per_hour, type(office), office.name) == (200, type(OFFICE_HOURS), "office:200/h")


def test_a_file_of_times_is_a_trace(tmp_path: Path) -> None:
    file = tmp_path / "times"
    file.write_text("0\n1800\n7200\n")
    found = traffic_of(str(file))
    assert isinstance(found, Trace)
    assert (found.per_hour, found.name) == (1.0, "times")
    assert found.shares(Timing(3600, 1, 1)).cold == 2 / 3


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("0/h", "above 0"),
        ("-3/h", "above 0"),
        ("1e9/h", "at most 10,000,000"),
        ("nan/h", "no such file|cannot be read"),
        ("1e/h", "above 0"),
        ("5/year", "cannot be read"),
        ("often", "no traffic 'often', and no such file; give rare, office, steady, a rate such as 40/h"),
        ("night:5/h", "no traffic 'night'; it is one of rare, office, steady"),
        ("", "no traffic|cannot be read"),
    ],
)
def test_what_is_no_traffic_is_refused_with_what_there_is(wrong: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        traffic_of(wrong)


@pytest.mark.parametrize(
    ("content", "words"), [("1\nx\n", "one arrival time"), ("1\n1\n", "two different"), ("1\ninf\n", "not finite"),
                           ("0\n1e-9\n", "times in seconds")]
)  # fmt: skip
def test_a_wrong_trace_is_refused(tmp_path: Path, content: str, words: str) -> None:
    file = tmp_path / "times"
    file.write_text(content)
    with pytest.raises(UsageError, match=words):
        traffic_of(str(file))


def test_the_keep_alive_is_a_range_with_its_sources() -> None:
    found = published_keep_alive()
    assert (found.low_min, found.middle_min, found.high_min) == (5, 6, 65)
    assert found.words == "5 to 65 minutes"
    assert "2017, 2019, 2021" in found.source
