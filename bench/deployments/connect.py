"""Connects to the deployment that the options name."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench.deployments.bundles import bundle_arguments
from bench.deployments.deployment import Deployment, deployment_of
from bench.deployments.lab import running_lab, why_not
from bench.deployments.outputs import read_outputs
from bench.deployments.pulumi import read_stack
from bench.process.errors import StorageError, UsageError
from bench.process.say import warn
from bench.runs.foreign import OWN
from bench.runs.plan import Axes
from bench.runs.records import Session
from contract.precisions import FP32
from contract.run_modes import split
from contract.shapes import LAMBDA, NONE, PROCESSOR
from contract.storages import NO_FIGURES, without_figures

_NONE_READY = (
    "--provisioned: the lab has nothing like provisioned concurrency, so there is none to measure; name a deployment "
    "on AWS with --stack or --outputs"
)


@dataclass(frozen=True)
class Choice:
    """The chosen target: a stack, a file of outputs, or else a lab with these settings (None: the lab's default)."""

    stack: str | None = None
    outputs: Path | None = None
    cache: str | None = None
    bundle: Path | None = None
    shape: str | None = None

    @property
    def is_own_lab(self) -> bool:
        """Whether the lab is started for the run and ends with it."""
        return not (self.stack or self.outputs)

    def recorded(self, directory: Path) -> dict[str, str]:
        """The choice as a run in `directory` records it; its paths are relative, so that none names a home."""
        if self.stack:
            return {"stack": self.stack}
        if self.outputs:
            return {"outputs": _relative(self.outputs, directory)}
        lab = {"lab": "started for the run", "cache": self.cache or "cold"}
        lab |= {"shape": self.shape} if self.shape else {}
        return lab | ({"bundle": _relative(self.bundle, directory)} if self.bundle else {})


def _relative(path: Path, directory: Path) -> str:
    return os.path.relpath(path.resolve(), directory.resolve())


def recorded_choice(session: Session, directory: Path) -> Choice:
    """The choice that a run in `directory` began with; where it has no record of that, a lab with default settings."""
    source: Mapping[str, str] = session.source
    paths = {name: directory.resolve() / source[name] for name in ("outputs", "bundle") if name in source}
    return Choice(
        source.get("stack"), paths.get("outputs"), source.get("cache"), paths.get("bundle"), source.get("shape")
    )


def resumed_choice(given: Choice, session: Session, directory: Path) -> Choice:
    """The choice that the run began with, completed by the options. Raises UsageError where they contradict it."""
    before = recorded_choice(session, directory)
    if not given.is_own_lab or not session.source:
        return given
    if not before.is_own_lab and (given.cache or given.bundle or given.shape):
        raise UsageError("the run did not start a lab: --cache, --bundle and --shape do not fit to it")
    if given.cache and given.cache != before.cache:
        raise UsageError(f"the run began with --cache {before.cache}; continue it with that, or start anew")
    if given.shape and given.shape != (before.shape or NONE):
        raise UsageError(f"the run began with --shape {before.shape or NONE}; continue it with that, or start anew")
    return replace(before, bundle=given.bundle or before.bundle)


def with_shape(choice: Choice, axes: Axes) -> Choice:
    """The choice with a shape for its lab: where a run sets memory sizes and names none, processor shares.

    A memory size that does not change the share of the processors cannot be compared with another one. Warns where
    this machine cannot give shares; the run then says so.
    """
    if choice.shape or not choice.is_own_lab or set(axes.memories) == {None}:
        return choice
    if why := why_not(PROCESSOR):
        warn(f"warning: memory sizes will not change the share of the processors: {why}")
        return choice
    return replace(choice, shape=PROCESSOR)


def refuse_own_lab(choice: Choice, engines: Sequence[str], backends: Sequence[str] = (), provisioned: int = 0) -> None:
    """Raise UsageError for what a lab of the run's own lacks: functions of the user's, snapshots, and what is ready."""
    if provisioned and choice.is_own_lab:
        raise UsageError(_NONE_READY)
    restored = [name for name in backends if split(name)[1].restores]
    if restored and choice.is_own_lab:
        raise UsageError(
            f"{restored[0]}: nothing on this machine restores a snapshot as Lambda does, so the lab has none to "
            "measure; name a deployment with --stack or --outputs"
        )
    if OWN in engines and choice.is_own_lab:
        raise UsageError("--functions needs --outputs FILE, which describes them (docs/any-function.md)")


def refuse_unshaped(choice: Choice, backends: Sequence[str]) -> None:
    """Raise UsageError for a lab that is to be like Lambda with a storage of which no figures are known."""
    if choice.shape == LAMBDA and (unknown := without_figures(backends)):
        raise UsageError(f"--shape: {LAMBDA} has no figures of {', '.join(unknown)}, because {NO_FIGURES}")


def refuse_provisioned(deployment: Deployment, functions: Sequence[str]) -> None:
    """Raise UsageError unless Lambda can keep environments of these functions ready, and they can say so."""
    if deployment.is_lab:
        raise UsageError(_NONE_READY)
    for name in functions:
        backend = deployment.backend(name)
        if backend.witnesses is not None:
            raise UsageError(f"--provisioned: {name} is a function of yours, which does not say how it was initialised")
        for other in deployment.backends:
            if other.function_name == backend.function_name and other.alias is not None:
                raise UsageError(
                    f"--provisioned: the function of {name} publishes snapshots, and Lambda offers the one or the "
                    "other: deploy it without (`snapStart`), or leave it out"
                )


def existing(choice: Choice, session: Session) -> Deployment:
    """The deployment of a run that did not start a lab: from today's outputs, or else as recorded."""
    if choice.stack:
        return read_stack(choice.stack)
    if choice.outputs and choice.outputs.exists():
        return read_outputs(choice.outputs)
    return deployment_of(session.target)


@contextmanager
def deployed(
    choice: Choice,
    backends: Sequence[str],
    engine: str,
    log: Path,
    *,
    precisions: Sequence[str] = (FP32,),
    first_deploy: bool = False,
) -> Iterator[Deployment]:
    """The chosen deployment, for as long as it is needed. A lab is started and stopped; its log is added to `log`.

    `first_deploy`: nobody has read the image of a lab that is shaped like Lambda.
    """
    if choice.stack:
        yield read_stack(choice.stack)
        return
    if choice.outputs:
        yield read_outputs(choice.outputs)
        return
    refuse_unshaped(choice, backends)
    scratch = os.environ.get("TMPDIR")
    if scratch and not os.access(scratch, os.W_OK | os.X_OK):
        raise StorageError(f"TMPDIR is {scratch}, which is not a folder that can be written to; the lab lives there")
    arguments = ["--backends", ",".join(backends), "--engine", engine, "--cache", choice.cache or "cold"]
    arguments += bundle_arguments(choice.bundle, precisions)
    if choice.shape:
        arguments += ["--shape", choice.shape]
    if choice.shape == LAMBDA and first_deploy:
        arguments += ["--chunks", "new"]
    with running_lab(arguments, log) as deployment:
        yield deployment
