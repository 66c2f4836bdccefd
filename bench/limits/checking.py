"""Measures the cost of VERIFY_WEIGHTS: cold starts without and with it, in turn, on every storage.

`python -m bench.limits.checking --bundle DIR` measures that alone and prints the document's section.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.limits.samples import Sample, Samples
from bench.limits.stage import Stage, running_stage
from bench.limits.tables import number, table, timed
from bench.process.errors import EXIT_OK, BenchError, TargetError
from bench.stats.quantiles import quantile, quantile_interval
from contract.phases import VERIFY
from contract.storages import USUAL, Storage

WAYS = ("as it comes", "VERIFY_WEIGHTS")
COMMAND = "python -m bench.limits.checking"


def measure(stage: Stage, samples: Samples, rounds: int, seed: int) -> None:
    """Start every storage both ways in each round, in random order; record the 1-minute load before each round."""
    order = random.Random(seed)  # noqa: S311 - an experiment's order, no secret
    cases = [(backend, way) for backend in stage.deployment.backends for way in WAYS]
    for turn in range(rounds):
        samples.add(Sample("load", "machine", "before a round", os.getloadavg()[0], "", turn))
        order.shuffle(cases)
        for backend, way in cases:
            stage.make_cold(backend, "onnx", verify=way == WAYS[1])
            answer = stage.ask(backend)
            if answer.invocation != 1 or (VERIFY in answer.phases_ms) != (way == WAYS[1]):
                raise TargetError(f"{backend.name} was not cold, or did not start {way}: {answer.phases_ms}")
            samples.add(Sample("checked start", backend.name, way, answer.request_ms, "ms", turn))
            if way == WAYS[1]:
                samples.add(Sample("checking", backend.name, way, answer.phases_ms[VERIFY], "ms", turn))


def lines(samples: Samples) -> Iterator[str]:
    """The document's section; no lines if nothing was measured."""
    loads = samples.values("load", "machine", "before a round")
    if not loads:
        return
    yield from ("", "## Checking what was read", "")
    yield "VERIFY_WEIGHTS=1 compares the sha256 of the 340 MB that an answer reads with the manifest's, before the"
    yield f"first answer. Cold starts (cold cache) without and with it, in turns, n = {len(loads)} each; this alone is"
    yield f"measured by `{COMMAND} --bundle DIR`. The machine's load before a round was {number(min(loads))} to"
    yield f"{number(max(loads))}, so the ratio of starts of the same round says more than the times."
    yield ""
    head = ("storage", "without, ms (95 %)", "with, ms (95 %)", "with / without (95 %)", "the check, ms (95 %)")
    yield from table(head, [_row(samples, storage) for storage in USUAL.values()])


def _row(samples: Samples, storage: Storage) -> tuple[str, ...]:
    without, checked = (samples.values("checked start", storage.name, way) for way in WAYS)
    ratios = [after / before for before, after in zip(without, checked, strict=True)]
    return (
        storage.label, timed(without), timed(checked), _ratio(ratios),
        timed(samples.values("checking", storage.name, WAYS[1])),
    )  # fmt: skip


def _ratio(ratios: list[float]) -> str:
    interval = quantile_interval(ratios)
    middle = f"{quantile(ratios, 0.5):.2f}" if ratios else "not measured"
    return f"{middle} ({interval.low:.2f}-{interval.high:.2f})" if interval else middle


def main() -> int:
    """Measure; exit code 0, or that of what went wrong."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--bundle", type=Path, default=Path("images/bundle"), help="full-size bundle (%(default)s)")
    parser.add_argument("--rounds", type=int, default=9, help="cold starts of each kind (%(default)s)")
    options = parser.parse_args()
    samples = Samples()
    try:
        with tempfile.TemporaryDirectory() as out, running_stage(options.bundle, "cold", Path(out), ()) as stage:
            measure(stage, samples, options.rounds, seed=1)
    except BenchError as error:
        print(f"checking: {error}", file=sys.stderr)
        return error.exit_code
    print("\n".join(lines(samples)).strip())
    return EXIT_OK


if __name__ == "__main__":
    sys.exit(main())
