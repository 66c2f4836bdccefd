"""Sends a load to a backend, stretch by stretch, and searches for the highest rate that meets an objective."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace

from bench.deployments.deployment import Deployment
from bench.measure.arrivals import Pace
from bench.measure.meter import Meter
from bench.measure.open_loop import drive
from bench.measure.profiles import Profile, WarmUp, ramp, stretches
from bench.measure.protocol import Target
from bench.measure.search import search
from bench.process.say import warn
from bench.runs.cold_starts.axes import A_BODY
from bench.runs.foreign import OWN
from bench.runs.load_plan import Stretch
from bench.runs.loads import Arrival, Line
from bench.runs.objective import MEETS, Objective, judge_step
from bench.runs.plan import Variant, named_in
from bench.runs.records import Observation

Record = Callable[[Line], None]


@dataclass(frozen=True)
class Loading:
    """What is sent to each backend: the measured profile, what warms up before it, and how many at once."""

    profile: Profile
    warm_up: WarmUp
    spacing: str
    seed: int
    most_at_once: int

    def stretches(self, backend: str, number: int = 1) -> tuple[Stretch, ...]:
        """The stretches of the load to one backend, numbered from `number` on."""
        return stretches(backend, self.profile, self.warm_up, self.spacing, self.seed, number)

    def send(self, target: Target, variant: Variant, record: Record, number: int = 1) -> list[Arrival]:
        """Send everything to one backend; return the requests of the last stretch, which is the measured one."""
        target.limit_ms(variant)  # asks for the function's time-out now, not within the first request
        sent: list[Arrival] = []
        for stretch in self.stretches(variant.function, number):
            sent = send_stretch(stretch, functools.partial(target.call, variant), self.most_at_once, record)
        return sent

    def search(self, target: Target, variant: Variant, objective: Objective, record: Record) -> None:
        """Try rates until the highest that meets the objective lies between two that are close."""
        number = 1

        def meets(rate: float) -> bool:
            nonlocal number
            trial = self._at(rate, objective)
            sent = trial.send(target, variant, record, number)
            number += len(trial.stretches(variant.function))
            met = judge_step(sent, trial.profile.pace.duration_s, objective)
            warn(f"{variant.function}: {rate:g}/s {met.verdict}: {met.within:.1%} within {objective.limit_ms:g} ms")
            return met.verdict == MEETS

        search(self.profile.pace.start, meets)

    def _at(self, rate: float, objective: Objective) -> Loading:
        """The same at another rate, for as long as it takes to show that the objective is met."""
        duration_s = max(self.profile.pace.duration_s, objective.least_requests / rate)
        return replace(self, profile=ramp(Pace(rate, rate, duration_s), self.spacing, self.seed))


def variant_of(deployment: Deployment, function: str, *, has_bodies: bool) -> Variant:
    """What is asked of a function: a text of the usual length, or bodies. Raises UsageError if it is not deployed."""
    engine = deployment.engine if deployment.backend(function).witnesses is None else OWN
    backend, precision = named_in(function)
    plain = Variant(backend, engine, precision=precision)
    return replace(plain, tokens=A_BODY) if has_bodies else plain


def send_stretch(
    stretch: Stretch, call: Callable[[], Observation], most_at_once: int, record: Record, sender: int = 0
) -> list[Arrival]:
    """Record a step, send its requests, and read the processors meanwhile; return the requests in the order due."""
    step = stretch.step
    record(step)
    what = "warm-up requests" if step.warm_up else "requests"
    warn(f"{step.backend}: {len(stretch.due)} {what} in {step.duration_s:.3g} s …")
    sent: list[Arrival] = []

    def keep(arrival: Arrival) -> None:
        sent.append(arrival)
        record(arrival)

    with Meter(step, record, sender):
        drive(step, stretch.due, call, most_at_once, keep)
    return sorted(sent, key=lambda arrival: arrival.due_s)
