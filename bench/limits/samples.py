"""Records the samples of the limits run, one a line, from which the document can be made again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.stats.quantiles import quantile
from contract.checkout import ROOT


@dataclass(frozen=True)
class Sample:
    """One measured value. `what` names the quantity, `where` the storage or component, `how` the method."""

    what: str
    where: str
    how: str
    value: float
    unit: str
    round: int = 0


class Samples:
    """All samples of a run, appended to a file as they come."""

    def __init__(self, path: Path | None = None, show: Callable[[Sample], None] = lambda sample: None) -> None:
        self._path = path
        self._show = show
        self._taken: list[Sample] = []

    @classmethod
    def read(cls, path: Path) -> Samples:
        """The samples of an earlier run."""
        samples = cls()
        samples._taken = [Sample(**json.loads(line)) for line in path.read_text().splitlines() if '"what"' in line]
        return samples

    def add(self, sample: Sample) -> None:
        """Record a sample before anything else is done."""
        if self._path:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(sample)) + "\n")
        self._taken.append(sample)
        self._show(sample)

    def __iter__(self) -> Iterator[Sample]:
        return iter(self._taken)

    def values(self, what: str, where: str, how: str) -> list[float]:
        """All values of one quantity, in the order of measurement."""
        return [s.value for s in self._taken if (s.what, s.where, s.how) == (what, where, how)]

    def median(self, what: str, where: str, how: str) -> float | None:
        """The median, or None where nothing was measured."""
        values = self.values(what, where, how)
        return quantile(values, 0.5) if values else None

    def hows(self, what: str, where: str) -> Sequence[str]:
        """The methods by which a quantity was measured, in order of first appearance."""
        return list(dict.fromkeys(s.how for s in self._taken if (s.what, s.where) == (what, where)))


def run_worker(task: str, environment: Mapping[str, str] | None = None, **arguments: Any) -> Any:
    """Run a task of `bench.limits.worker` in a process of its own and return what it found."""
    command = [sys.executable, "-m", "bench.limits.worker", task, json.dumps(arguments)]
    variables = {**os.environ, **(environment or {})}
    done = subprocess.run(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, text=True, check=True, timeout=900)
    return json.loads(done.stdout.splitlines()[-1])
