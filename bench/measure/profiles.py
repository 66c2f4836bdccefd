"""Turns what was asked for (a rate, a ramp, a trace, a warm-up) into the stretches of a load."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bench.measure.arrivals import MOST, Pace, arrivals, replayed
from bench.process.errors import UsageError
from bench.runs.load_plan import Stretch
from bench.runs.loads import Step

MOST_AT_ONCE = 10_000
_RAMP = re.compile(r"(\d+(?:\.\d+)?)\.\.(\d+(?:\.\d+)?)/s:(\d+(?:\.\d+)?)s")
_SECONDS = re.compile(r"(\d+(?:\.\d+)?)s")
_REQUESTS = re.compile(r"[0-9]{1,6}", re.ASCII)


@dataclass(frozen=True)
class WarmUp:
    """What is sent before the measured requests, at their first rate: a number of requests, or as many as are due."""

    requests: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Profile:
    """The measured part of a load: its pace, when its requests are due, and what it is in words."""

    pace: Pace
    due: tuple[float, ...]
    words: str


def parse_ramp(text: str) -> Pace:
    """A pace from `1..20/s:60s`."""
    match = _RAMP.fullmatch(text)
    if not match:
        raise argparse.ArgumentTypeError(f"must be like 1..20/s:60s; got {text!r}")
    pace = Pace(*map(float, match.groups()))
    if pace.expected <= 0:
        raise argparse.ArgumentTypeError(f"must have a rate and a duration above 0; got {text!r}")
    return pace


def parse_warm_up(text: str) -> WarmUp:
    """A warm-up from `10s` or from a number of requests."""
    if match := _SECONDS.fullmatch(text):
        return WarmUp(seconds=float(match[1]))
    if _REQUESTS.fullmatch(text):
        return WarmUp(requests=int(text))
    raise argparse.ArgumentTypeError(f"must be seconds such as 10s, or a number of requests; got {text!r}")


def steady(rate: float, duration_s: float, spacing: str, seed: int) -> Profile:
    """The same rate from beginning to end."""
    return ramp(Pace(rate, rate, duration_s), spacing, seed)


def ramp(pace: Pace, spacing: str, seed: int) -> Profile:
    """A rate that rises or falls evenly. Raises UsageError where that makes too many requests, or none."""
    _check(pace.expected)
    rates = f"{pace.start:g}" if pace.start == pace.end else f"{pace.start:g} to {pace.end:g}"
    words = f"{rates} requests a second for {pace.duration_s:g} s, {spacing} arrivals"
    due = tuple(arrivals(pace, spacing, seed))
    if not due:
        raise UsageError(f"no request is due: {words}; ask for a higher rate or a longer time")
    return Profile(pace, due, words)


def trace(arrivals_s: Sequence[float], speed: float) -> Profile:
    """Recorded arrivals, `speed` times as fast. Raises UsageError where they are too many."""
    _check(len(arrivals_s))
    due = tuple(replayed(arrivals_s, speed))
    rate = len(due) / due[-1]
    sped = "" if speed == 1 else f", {speed:g} times as fast"
    words = f"{len(due)} recorded arrivals in {due[-1]:g} s{sped}"
    return Profile(Pace(rate, rate, due[-1]), due, words)


def stretches(
    backend: str, profile: Profile, warm_up: WarmUp, spacing: str, seed: int, number: int = 1
) -> tuple[Stretch, ...]:
    """The warm-up, if there is one, and the measured stretch of a load to one backend; `number` is the first's."""
    pace = profile.pace
    rate = pace.start or pace.expected / pace.duration_s
    _check(warm_up.requests + rate * warm_up.seconds)
    due = [each / rate for each in range(warm_up.requests)]
    if warm_up.seconds:
        due = arrivals(Pace(rate, rate, warm_up.seconds), spacing, seed + 1)
    measured = number + bool(due)
    step = Step(backend, measured, pace.start, pace.end, pace.duration_s, len(profile.due))
    if not due:
        return (Stretch(step, profile.due),)
    duration_s = warm_up.seconds or warm_up.requests / rate
    before = Step(backend, number, rate, rate, duration_s, len(due), warm_up=True)
    return Stretch(before, tuple(due)), Stretch(step, profile.due)


def _check(requests: float) -> None:
    if requests > MOST:
        raise UsageError(f"this load has {requests:,.0f} requests to a backend; at most {MOST:,} are sent")
