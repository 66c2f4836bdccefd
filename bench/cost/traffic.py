"""Says what requests come when: at random all the time, at random in office hours, or as a trace recorded them."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Self

from bench.cost.arrivals import Shares, Timing, random_shares, random_up_s, trace_shares, trace_up_s
from bench.cost.model import HOURS_PER_MONTH
from bench.process.errors import UsageError

_OFFICE_DAY_H, _OFFICE_WEEK_H, _WEEK_H = 8, 40, 168
MOST_PER_HOUR = 10_000_000
_MOST_ARRIVALS = 1_000_000
_UNITS_PER_HOUR = {"s": 3600.0, "min": 60.0, "h": 1.0, "day": 1 / 24, "month": 1 / HOURS_PER_MONTH}


@dataclass(frozen=True)
class Steady:
    """Arrivals at random around the clock, so many an hour."""

    name: str
    per_hour: float
    when: ClassVar[str] = "around the clock"
    hours: ClassVar[float] = HOURS_PER_MONTH
    window_h: ClassVar[float | None] = None

    @property
    def per_month(self) -> float:
        """Requests a month."""
        return self.per_hour * self.hours

    @property
    def rate(self) -> str:
        """How many requests when."""
        return f"{self.per_hour:,.4g} request{'' if self.per_hour == 1 else 's'} an hour {self.when}"

    @property
    def words(self) -> str:
        """The traffic in a few words."""
        return f"{self.rate}, {self.per_month:,.0f} a month"

    def shares(self, timing: Timing) -> Shares:
        """The shares of cold starts."""
        return random_shares(self.per_hour, self.window_h, timing)

    def up_s(self, stop_after_s: float) -> float:
        """For how many seconds a request keeps up what stops after so many seconds without any."""
        return random_up_s(self.per_hour, self.window_h, stop_after_s)

    def at(self, per_hour: float) -> Self:
        """The same at another rate."""
        return replace(self, per_hour=per_hour)


@dataclass(frozen=True)
class Office(Steady):
    """Arrivals at random in eight hours of five days a week. An environment does not stay over a night."""

    when: ClassVar[str] = "in office hours (8 h on 5 days)"
    hours: ClassVar[float] = HOURS_PER_MONTH * _OFFICE_WEEK_H / _WEEK_H
    window_h: ClassVar[float | None] = _OFFICE_DAY_H


@dataclass(frozen=True)
class Trace:
    """Arrivals at given times in seconds, at least two different ones, over and over again."""

    name: str
    arrivals_s: tuple[float, ...]

    @property
    def per_hour(self) -> float:
        """Their mean rate."""
        return (len(self.arrivals_s) - 1) / (max(self.arrivals_s) - min(self.arrivals_s)) * 3600

    @property
    def per_month(self) -> float:
        """Requests a month."""
        return self.per_hour * HOURS_PER_MONTH

    @property
    def words(self) -> str:
        """The traffic in a few words."""
        count = f"{len(self.arrivals_s):,} recorded arrivals"
        return f"{count}, {self.per_hour:,.4g} requests an hour, {self.per_month:,.0f} a month"

    def shares(self, timing: Timing) -> Shares:
        """The shares of cold starts."""
        return trace_shares(self.arrivals_s, timing)

    def up_s(self, stop_after_s: float) -> float:
        """For how many seconds a request keeps up what stops after so many seconds without any."""
        return trace_up_s(self.arrivals_s, stop_after_s)


Traffic = Steady | Trace

RARE = Steady("rare", 1)
OFFICE_HOURS = Office("office", 60)
STEADY = Steady("steady", 3600)
PROFILES: Mapping[str, Steady] = {each.name: each for each in (RARE, OFFICE_HOURS, STEADY)}
ALL = tuple(PROFILES.values())
"""The traffic that every report answers for."""
FORMS = f"{', '.join(PROFILES)}, a rate such as 40/h (s, min, h, day or month), office:200/h, or a file of times"
_RATE = re.compile(rf"(?:(?P<profile>[a-z]+):)?(?P<number>[0-9.eE+-]+)/(?P<unit>{'|'.join(_UNITS_PER_HOUR)})")


def traffic_of(text: str) -> Traffic:
    """The traffic that a user means: one of `FORMS`. Raises UsageError for anything else."""
    if text in PROFILES:
        return PROFILES[text]
    found = _RATE.fullmatch(text)
    if not found:
        if "/" not in text and not os.path.exists(text):
            raise UsageError(f"there is no traffic {text!r}, and no such file; give {FORMS}")
        return read_trace(Path(text))
    profile = found["profile"] or STEADY.name
    if profile not in PROFILES:
        raise UsageError(f"there is no traffic {profile!r}; it is one of {', '.join(PROFILES)}")
    try:
        per_hour = float(found["number"]) * _UNITS_PER_HOUR[found["unit"]]
    except ValueError:
        per_hour = math.nan
    if not 0 < per_hour <= MOST_PER_HOUR:
        raise UsageError(f"a rate is above 0 and at most {MOST_PER_HOUR:,} an hour; got {text!r}")
    return replace(PROFILES[profile], name=text, per_hour=per_hour)


def read_trace(path: Path) -> Trace:
    """A trace from a file with one arrival time in seconds a line. Raises UsageError for anything else."""
    try:
        arrivals = tuple(float(line) for line in path.read_text(encoding="utf-8").split())
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}; a traffic is {FORMS}") from error
    except ValueError as error:
        raise UsageError(f"{path} must hold one arrival time in seconds a line: {error}") from error
    if not all(map(math.isfinite, arrivals)):
        raise UsageError(f"{path} holds an arrival time that is not finite")
    if len(arrivals) < 2 or max(arrivals) == min(arrivals):
        raise UsageError(f"{path} must hold at least two different arrival times")
    if len(arrivals) > _MOST_ARRIVALS:
        raise UsageError(f"{path} holds more than {_MOST_ARRIVALS:,} arrival times")
    trace = Trace(path.name, arrivals)
    if trace.per_hour > MOST_PER_HOUR:
        raise UsageError(f"{path} has more than {MOST_PER_HOUR:,} arrivals an hour; are its times in seconds?")
    return trace
