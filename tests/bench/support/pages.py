"""Makes every page that the benchmark writes, of runs in virtual time."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from bench.runs.plan import Axes
from tests.bench.support.failing import command, measured
from tests.bench.support.simulator import Truth

COLD_MS = {"efs": 1060.0, "s3": 1135.0, "oci": 535.0}
AXES = Axes(tuple(COLD_MS), memories=(1024, 3008), cold=6, warm=12, bursts=(1, 2, 4))


def pages(folder: Path) -> dict[str, Path]:
    """Each page by the name of what writes it."""
    a, b = (_run(folder / name, factor) for name, factor in (("a", 1.0), ("b", 1.3)))
    made = {"report": a / "report.html", "predict": a / "prediction.html"}
    made |= {name: folder / f"{name}.html" for name in ("compare", "choose")}
    command("report", a)
    command("predict", a)
    command("compare", a, b, "--html", made["compare"])
    command("choose", a, "--requests-per-hour", "40", "--objective", "2000", "--html", made["choose"])
    return made


def _run(directory: Path, factor: float, axes: Axes = AXES) -> Path:
    shape = {"name": "processor", "limited": {"processor": "by memory"}, "unlimited": {}, "reachable": 3538}
    truth = Truth(cold=_times(lambda name: factor * COLD_MS[name]), warm=_times(lambda name: factor * 55.0))
    return measured(directory, axes=axes, truth=truth, shape=shape)


def _times(middle: Callable[[str], float]) -> Callable[[str, str, random.Random], float]:
    return lambda backend, engine, rng: middle(backend) * rng.lognormvariate(0, 0.08)
