"""Measures the plan of a run, in parts where it needs several deployments; each part is a session of its own."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.cost.spending import Allowance
from bench.deployments.connect import Choice, deployed, refuse_provisioned
from bench.deployments.deployment import Deployment
from bench.deployments.functions import Functions
from bench.deployments.live import LiveTarget
from bench.deployments.originals import standing_nonce
from bench.measure.runner import Clock
from bench.measure.session import More, carry_out, must_match, remaining
from bench.process.errors import TargetError, UsageError
from bench.process.say import warn
from bench.runs.bodies import Body, Mix, keep
from bench.runs.direct_reads import NOT_IN_THE_LAB
from bench.runs.facts import gather
from bench.runs.foreign import OWN
from bench.runs.plan import Axes, Visit, build_plan, by_deployment, requests_in
from bench.runs.records import Original, Session
from bench.runs.store import RESULTS, Recorder, Run, read_run
from contract.outputs import INVOCATION


@dataclass(frozen=True)
class Work:
    """What a run has to measure, where, and what it may spend.

    `axes` are recorded, `plan` are the axes of its plan by now; `further` is asked for more when that is carried out.
    `redeploy` is a command that deploys image and bundle anew.
    """

    axes: Axes
    plan: Axes
    choice: Choice
    directory: Path
    allowed: Allowance
    redeploy: str | None = None
    bodies: tuple[Body, ...] = ()
    further: Callable[[], More | None] = lambda: None


def measure_all(work: Work, before: Run | None) -> None:
    """Start what must be started, make the visits that are left, put everything back. Raises BenchError."""
    plan = remaining(build_plan(work.plan), before)
    if not plan and (work.choice.is_own_lab or before is None or before.is_restored):
        return
    parts = tuple(by_deployment(plan)) or ((),)
    for number, part in enumerate(parts, 1):
        _measure_part(work, part, before, is_first=number == 1, is_last=number == len(parts))
        before = read_run(work.directory)


def _measure_part(work: Work, part: tuple[Visit, ...], before: Run | None, *, is_first: bool, is_last: bool) -> None:
    needs_new = any(visit.cold_start.needs_new for visit in part)
    if needs_new and before is not None and not work.choice.is_own_lab and work.axes.first_deploy > 1:
        _deploy_anew(work.redeploy)
    warn("setting up the target …")
    axes, log = work.axes, work.directory / "lab.log"
    asked = axes.backends, axes.engines[0], log
    with deployed(work.choice, *asked, precisions=axes.precisions, first_deploy=needs_new) as found:
        deployment = found.in_precisions(axes.precisions)
        _check(deployment, work, part, needs_new)
        known = before.first.originals if before and not work.choice.is_own_lab else {}
        mix = Mix(work.bodies, work.axes.seed) if work.bodies else None
        target = LiveTarget(deployment, Functions(deployment), known, mix, provisions=axes.provisioned > 0)
        facts = gather().recorded()
        if before:
            must_match(before, deployment.recorded(), facts, renewed=work.axes.first_deploy > 1)
        if not deployment.is_lab and is_first:
            left = remaining(build_plan(work.axes.longest if work.axes.until_resolved else work.plan), before)
            _allow(left, work.allowed, deployment)
        keep(work.bodies, work.directory)
        header = Session(
            session=len(before.sessions) + 1 if before else 1,
            utc=Clock().utc(),
            axes=work.axes,
            target=deployment.recorded(),
            functions=target.describe(),
            facts=facts,
            prices=work.allowed.prices.recorded(),
            source=work.choice.recorded(work.directory),
            originals=target.originals(work.axes.functions),
        )
        _warn_of_leftovers(header, known, work.choice)
        with Recorder(work.directory / RESULTS) as recorder:
            carry_out(part, target, header, recorder, further=work.further if is_last else lambda: None)


def _check(deployment: Deployment, work: Work, part: tuple[Visit, ...], needs_new: bool) -> None:
    deployment.must_have(work.axes.functions, work.axes.engines[0])
    _must_prove(deployment, part)
    if any(work.axes.direct_reads) and deployment.is_lab:
        raise UsageError(NOT_IN_THE_LAB)
    if work.axes.provisioned:
        refuse_provisioned(deployment, work.axes.functions)
    if needs_new and deployment.primed:
        raise UsageError(
            "this stack primes its functions, so a first cold start after a deployment is nobody's to measure: "
            "`pulumi config set prime false`, deploy a new image or bundle, and measure then"
        )


def _must_prove(deployment: Deployment, part: tuple[Visit, ...]) -> None:
    """Raise UsageError for a kind of cold start that shows only in a count of invocations that a function lacks."""
    for visit in part:
        witnesses = deployment.backend(visit.variant.function).witnesses
        if witnesses is not None and INVOCATION not in witnesses and not visit.cold_start.claims_cold(None):
            raise UsageError(
                f"{visit.variant.backend} does not count its invocations, so nobody can tell which requests of the "
                f"kind {visit.cold_start.name} were cold; give it the witness {INVOCATION}"
            )


def _allow(plan: tuple[Visit, ...], allowed: Allowance, deployment: Deployment) -> None:
    """Raise UsageError unless the user allows what the plan is expected to cost, or costs in the dark."""
    if not any(visit.variant.engine == OWN for visit in plan):
        allowed.check(plan, deployment.architecture)
    elif not allowed.agreed:
        raise UsageError(
            f"this sends {requests_in(plan):,} requests to functions of yours, and nobody knows what they cost; "
            "allow it with --yes"
        )


def _deploy_anew(command: str | None) -> None:
    """Run the user's command. Raises UsageError where there is none, TargetError where it fails."""
    if not command:
        raise UsageError("a further first cold start needs a further deployment: name the command with --redeploy")
    warn(f"deploying anew: {command}")
    try:  # what it prints must not get into --json
        done = subprocess.run(shlex.split(command), stdout=sys.stderr, check=False)
    except OSError as error:
        raise TargetError(f"--redeploy: {command!r} cannot be run: {error.strerror}") from error
    if done.returncode:
        raise TargetError(f"--redeploy: {command!r} ended with exit code {done.returncode}")


def _warn_of_leftovers(header: Session, known: Mapping[str, Original], choice: Choice) -> None:
    """Warn where a function was changed already when this run began: its "original" may be another run's."""
    if header.session > 1 and not known and not choice.is_own_lab:
        warn("warning: this run has no record of how the functions were before it; they are taken to be so now")
    for name, original in header.originals.items():
        if leftover := standing_nonce(original.variables):
            warn(f"warning: {name} {leftover}. What is there now will be put back at the end of this run")
