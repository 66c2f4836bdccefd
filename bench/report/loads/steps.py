"""Finds the measured steps of a load, and the requests and readings of each."""

from __future__ import annotations

from bench.measure.arrivals import MOST, Pace, arrivals
from bench.process.errors import UsageError
from bench.runs.foreign import witnesses_of
from bench.runs.loads import Arrival, Load, Reading, Step
from contract.outputs import INVOCATION


def measured_steps(load: Load) -> tuple[Step, ...]:
    """The steps that count. Loads of earlier versions have none written: they had one for each backend.

    Raises UsageError for a rate and a duration that nobody can have sent.
    """
    if load.steps:
        return tuple(step for step in load.steps if not step.warm_up)
    header = load.header
    pace = Pace(header.rate, header.rate, header.duration_s)
    if pace.expected > MOST:
        raise UsageError(f"the load says that it sent {pace.expected:.3g} requests to a backend, which cannot be")
    planned = len(arrivals(pace, header.spacing, header.seed))
    names = dict.fromkeys(arrival.backend for arrival in load.arrivals)
    return tuple(Step(name, 1, pace.start, pace.end, pace.duration_s, planned) for name in names)


def tells_cold(load: Load, backend: str) -> bool:
    """Whether the answers of a backend say that they met a cold start; functions of the user's need not."""
    witnesses = witnesses_of(load.header.target).get(backend)
    return witnesses is None or INVOCATION in witnesses


def arrivals_of(load: Load, step: Step) -> list[Arrival]:
    """The requests of a step, in the order in which they were due."""
    found = [each for each in load.arrivals if each.backend == step.backend and each.step == step.number]
    return sorted(found, key=lambda arrival: arrival.due_s)


def readings_of(load: Load, step: Step) -> list[Reading]:
    """What the processors did meanwhile, in order of time."""
    found = [each for each in load.readings if each.backend == step.backend and each.step == step.number]
    return sorted(found, key=lambda reading: (reading.sender, reading.at_s))
