"""Makes whole runs in virtual time on an account that fails as planned, and collects what the commands print."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

from bench.cli import main
from bench.cost.prices import read_prices
from bench.deployments.outputs import parse_outputs
from bench.measure.session import carry_out
from bench.runs.plan import Axes, build_plan
from bench.runs.records import Session
from bench.runs.store import RESULTS, Recorder
from tests.bench.support.simulator import Account, Fault, SimulatedTarget, Truth, VirtualTime, no_fault, outputs

AXES = Axes(("s3", "oci"), cold=10, warm=60)
MACHINE = {"machine": {"cpu": "A", "cores": 2, "memory_gb": 25.2, "kernel": "6.1", "idle_memory": "kept"}}


def failing(backend: str, percent: int) -> Fault:
    """Let so many of a hundred requests to one backend fail, cold and warm, spread evenly."""
    return lambda name, state, number: (
        "fails" if name == backend and state != "update" and (number + 1) * percent % 100 < percent else None
    )


def measured(
    directory: Path, fault: Fault = no_fault, axes: Axes = AXES, truth: Truth | None = None, **changes: Any
) -> Path:
    """A complete run, its records in the directory; `changes` are of its outputs."""
    planted = truth or Truth(
        cold=lambda backend, engine, rng: 150 * rng.lognormvariate(0, 0.1),
        warm=lambda backend, engine, rng: 20 * rng.lognormvariate(0, 0.1),
    )
    planted.fault = fault
    target = SimulatedTarget(Account(planted, axes.backends), VirtualTime())
    recorded = parse_outputs({**outputs("http://localhost", None, target.account), **changes}).recorded()
    prices = read_prices().recorded()
    header = Session(1, "2026-01-01T00:00:00+00:00", axes, recorded, target.describe(), MACHINE, prices)
    with Recorder(directory / RESULTS) as recorder, contextlib.redirect_stderr(io.StringIO()):
        carry_out(build_plan(axes), target, header, recorder, target.virtual.clock)
    return directory


def command(*arguments: object) -> tuple[int, str]:
    """The exit code of a command and what it printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
        code = main([str(argument) for argument in arguments])
    return code, printed.getvalue()
