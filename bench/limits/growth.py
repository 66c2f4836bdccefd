"""Measures how cold starts grow with the model's size and with the number of simultaneous requests."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.limits.samples import Sample, Samples
from bench.limits.stage import Stage
from bench.process.errors import TargetError
from contract.checkout import ROOT

LAYERS = (3, 6, 12, 24)  # a quarter, half, full and double the model
BURSTS = (1, 2, 4, 8)


def bundle_of(layers: int, directory: Path) -> Path:
    """A synthetic bundle with another number of layers, built unless it exists already."""
    out = directory / f"layers-{layers}"
    command = [sys.executable, "-m", "model", "build", "--weights", "synthetic", "--layers", str(layers)]
    subprocess.run([*command, "--out", str(out)], cwd=ROOT, check=True)
    return out


def sizes(stage: Stage, samples: Samples, layers: int, rounds: int) -> None:
    """Cold starts of a lab whose model has this many layers."""
    for number in range(rounds):
        for backend in stage.deployment.backends:
            stage.make_cold(backend, "onnx")
            answer = stage.ask(backend)
            samples.add(Sample("cold start by size", backend.name, f"{layers} layers", answer.request_ms, "ms", number))
            size = float(answer.fetched_bytes or 0)
            samples.add(Sample("bytes by size", backend.name, f"{layers} layers", size, "bytes", number))


def bursts(stage: Stage, samples: Samples, rounds: int) -> None:
    """The slowest of N simultaneous requests, none of which finds an environment."""
    for number in range(rounds):
        for backend in stage.deployment.backends:
            for count in BURSTS:
                stage.make_cold(backend, "onnx")
                barrier = threading.Barrier(count)

                def ask(backend=backend, barrier=barrier):  # type: ignore[no-untyped-def]
                    barrier.wait()
                    return stage.ask(backend)

                with ThreadPoolExecutor(count) as pool:
                    answers = [future.result() for future in [pool.submit(ask) for _ in range(count)]]
                started = len({answer.environment_id for answer in answers})
                if started != count:
                    raise TargetError(f"{count} requests at once met {started} environments of {backend.name}")
                slowest = max(answer.request_ms for answer in answers)
                samples.add(Sample("burst", backend.name, f"{count} at once", slowest, "ms", number))
