"""From the options that name a target to a deployment that answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.target.deployment import Deployment, read_outputs
from bench.target.lab import running_lab
from bench.target.pulumi import read_stack


@dataclass(frozen=True)
class Choice:
    """Which target: a stack, a file of outputs, or (neither) a lab with these settings."""

    stack: str | None = None
    outputs: Path | None = None
    cache: str = "cold"
    bundle: Path | None = None


@contextmanager
def deployed(choice: Choice, backends: Sequence[str], engine: str, log: Path) -> Iterator[Deployment]:
    """The chosen deployment, for as long as it is needed. A lab is started and stopped; its log goes to `log`."""
    if choice.outputs or choice.stack:
        yield read_outputs(choice.outputs) if choice.outputs else read_stack(str(choice.stack))
        return
    arguments = ["--backends", ",".join(backends), "--engine", engine, "--cache", choice.cache]
    if choice.bundle:
        arguments += ["--bundle", str(choice.bundle)]
    with running_lab(arguments, log) as deployment:
        yield deployment
