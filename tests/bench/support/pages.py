"""Makes every page that the benchmark writes, of runs in virtual time."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from bench.runs.load_file import LoadFile
from bench.runs.loads import Arrival, LoadHeader, Reading, Step
from bench.runs.plan import Axes
from tests.bench.support.failing import command, measured
from tests.bench.support.simulator import Truth

COLD_MS = {"efs": 1060.0, "s3": 1135.0, "oci": 535.0}
AXES = Axes(tuple(COLD_MS), memories=(1024, 3008), cold=4, warm=8, bursts=(1, 2))


def pages(folder: Path) -> dict[str, Path]:
    """Each page by the name of what writes it."""
    a, b = (_run(folder / name, factor) for name, factor in (("a", 1.0), ("b", 1.3)))
    made = {"report": a / "report.html", "predict": a / "prediction.html"}
    made |= {name: folder / f"{name}.html" for name in ("compare", "choose")}
    command("report", a)
    command("predict", a)
    command("compare", a, b, "--html", made["compare"])
    command("choose", a, "--requests-per-hour", "40", "--objective", "2000", "--html", made["choose"])
    made["load"] = _load(folder / "load") / "load.html"
    return made


def _load(directory: Path) -> Path:
    """A load with cold starts, a lost request and busy processors."""
    directory.mkdir()
    header = LoadHeader(
        kind="load", schema=1, utc="2026-11-28T10:00:00", rate=10.0, duration_s=10.0, spacing="constant", seed=1,
        most_at_once=16, target={"kind": "lab"}, facts={}, notes=("a note",), backends=("efs",),
    )  # fmt: skip
    arrivals = [Arrival("efs", n / 10, 0.5, 50.0 + 900.0 * (n % 30 == 3), 200, n % 30 == 3) for n in range(100)]
    readings = [Reading("efs", 1, float(second), 0.1, 1.9, 2.0) for second in range(1, 11)]
    with LoadFile(directory) as file:
        for line in (header, Step("efs", 1, 10.0, 10.0, 10.0, 101), *arrivals, *readings):
            file.append(line)
        file.append(Arrival("efs", 9.95, dropped=True))
    command("report", directory)
    return directory


def _run(directory: Path, factor: float, axes: Axes = AXES) -> Path:
    shape = {"name": "processor", "limited": {"processor": "by memory"}, "unlimited": {}, "reachable": 3538}
    truth = Truth(cold=_times(lambda name: factor * COLD_MS[name]), warm=_times(lambda name: factor * 55.0))
    return measured(directory, axes=axes, truth=truth, shape=shape)


def _times(middle: Callable[[str], float]) -> Callable[[str, str, random.Random], float]:
    return lambda backend, engine, rng: middle(backend) * rng.lognormvariate(0, 0.08)
