"""Send an open-loop load to each backend in turn, or search for the highest rate that meets an objective."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.commands.bodies import add_body_options, bodies_from
from bench.commands.options import add_backends_option, add_precision_option, add_target_options, choice_from
from bench.commands.ranges import count, positive
from bench.cost.traffic import read_trace
from bench.deployments.connect import deployed, refuse_own_lab, refuse_unshaped
from bench.deployments.deployment import Deployment
from bench.deployments.functions import Functions
from bench.deployments.live import LiveTarget
from bench.measure.arrivals import SPACINGS
from bench.measure.loading import Loading, variant_of
from bench.measure.profiles import MOST_AT_ONCE, Profile, WarmUp, parse_ramp, parse_warm_up, ramp, steady, trace
from bench.process.errors import EXIT_INTERRUPTED, EXIT_OK, EXIT_UNSOUND, UsageError
from bench.process.listed import whole
from bench.process.say import say, warn
from bench.report.notes import target_notes
from bench.report.precisions import in_general
from bench.report.views.load import derive_load
from bench.runs.bodies import Body, Mix, keep
from bench.runs.facts import gather
from bench.runs.foreign import OWN, in_words
from bench.runs.load_file import LoadFile
from bench.runs.load_plan import PLAN, LoadPlan, write_plan
from bench.runs.loads import LoadHeader
from bench.runs.lock import only_writer
from bench.runs.objective import Objective, parse_objective
from bench.runs.plan import functions, named_in
from bench.runs.recorded import agreement_of
from bench.runs.store import LOAD
from contract.precisions import FP32
from contract.run_modes import SNAPSHOTS


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `load`."""
    add_target_options(parser)
    add = parser.add_argument
    add_backends_option(parser, SNAPSHOTS)
    add_precision_option(parser)
    add_body_options(parser)
    parser.set_defaults(engines=())
    when = parser.add_mutually_exclusive_group()
    when.add_argument("--rate", type=positive, default=5.0, help="requests a second (default 5)")
    when.add_argument("--ramp", type=parse_ramp, metavar="A..B/s:Ts", help="a rate that goes evenly from A to B, "
                      "such as 1..20/s:60s")  # fmt: skip
    when.add_argument("--trace", type=Path, metavar="FILE", help="recorded arrivals, a time in seconds a line")
    add("--speed", type=positive, default=1.0, metavar="X", help="replay the trace so many times as fast (default 1)")
    add("--find-rate", action="store_true", help="search for the highest rate that meets --objective, from --rate on; "
        "each rate is tried for --duration")  # fmt: skip
    add("--objective", type=_objective, metavar="P<T", help="such as p95<800ms, counted from when a request was due")
    add("--duration", type=positive, default=30.0, metavar="S", help="seconds for each backend (default 30)")
    add("--warm-up", type=parse_warm_up, default=WarmUp(requests=1), metavar="N|Ts", help="requests, or seconds such "
        "as 10s, before those that count, at the same rate (default 1 request)")  # fmt: skip
    add("--spacing", choices=SPACINGS, default="poisson", help="random or regular arrivals (default poisson)")
    add("--most-at-once", type=whole(1, MOST_AT_ONCE), default=16, metavar="N",
        help="requests under way before one is dropped (16)")  # fmt: skip
    add("--seed", type=count, default=1, metavar="N", help="seed of the arrivals (default 1)")
    add("--out", type=Path, metavar="DIR", help="where to write (default reports/<UTC time>-load)")
    add("--plan-only", action="store_true", help=f"send nothing: write {PLAN}, for several clients to carry out")


def execute(options: argparse.Namespace) -> int:
    """Drive the load, then report; Ctrl-C reports what was measured until then."""
    _check(options)
    profile, bodies = _profile(options), bodies_from(options)
    refuse_own_lab(choice_from(options), options.engines, options.backends)
    refuse_unshaped(choice_from(options), options.backends)
    directory = options.out or Path("reports") / datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ-load")
    with only_writer(directory):
        if any((directory / name).exists() for name in (LOAD, PLAN)):
            raise UsageError(f"{directory} already holds a load; choose another --out")
        interrupted = _driven(options, profile, bodies, directory)
        if options.plan_only:
            return EXIT_OK
        report = derive_load(directory)
    if interrupted:
        return EXIT_INTERRUPTED
    return EXIT_OK if report.is_sound else EXIT_UNSOUND


def _objective(text: str) -> Objective:
    try:
        return parse_objective(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _check(options: argparse.Namespace) -> None:
    if options.speed != 1 and not options.trace:
        raise UsageError("--speed needs --trace")
    if options.find_rate and not options.objective:
        raise UsageError("--find-rate needs --objective, such as p95<800ms")
    if options.find_rate and (options.ramp or options.trace or options.plan_only):
        raise UsageError("--find-rate chooses its rates itself: leave out --ramp, --trace and --plan-only")
    if options.plan_only and not (options.stack or options.outputs):
        raise UsageError("--plan-only needs a deployment that is there already: --stack or --outputs")


def _profile(options: argparse.Namespace) -> Profile:
    """What is sent to each backend; of a search, at its first rate."""
    if options.ramp:
        return ramp(options.ramp, options.spacing, options.seed)
    if options.trace:
        return trace(read_trace(options.trace).arrivals_s, options.speed)
    return steady(options.rate, options.duration, options.spacing, options.seed)


def _driven(options: argparse.Namespace, profile: Profile, bodies: Sequence[Body], directory: Path) -> bool:
    """Send everything; whether that was interrupted."""
    try:
        _drive_all(options, profile, bodies, directory)
    except KeyboardInterrupt:
        if not (directory / LOAD).exists():
            raise
        return True
    return False


def _drive_all(options: argparse.Namespace, profile: Profile, bodies: Sequence[Body], directory: Path) -> None:
    warn("setting up the target …")
    asked, log = options.precisions, directory / "lab.log"
    with deployed(choice_from(options), options.backends, "onnx", log, precisions=asked) as found:
        deployment, names = found.in_precisions(asked), functions(options.backends, asked)
        deployment.must_have(names, OWN if options.engines else deployment.engine)
        variants = [variant_of(deployment, name, has_bodies=bool(bodies)) for name in names]
        header = _header(options, profile, bodies, deployment)
        loading = Loading(profile, options.warm_up, options.spacing, options.seed, options.most_at_once)
        if options.plan_only:
            keep(bodies, directory)
            planned = tuple(stretch for name in names for stretch in loading.stretches(name))
            say(f"plan: {write_plan(directory, LoadPlan(header, planned))}")
            return
        target = LiveTarget(deployment, Functions(deployment), mix=Mix(bodies, options.seed) if bodies else None)
        with LoadFile(directory) as file:
            file.append(header)
            for variant in variants:
                if options.find_rate:
                    loading.search(target, variant, options.objective, file.append)
                else:
                    loading.send(target, variant, file.append)


def _header(
    options: argparse.Namespace, profile: Profile, bodies: Sequence[Body], deployment: Deployment
) -> LoadHeader:
    storages = (f"{backend.name}: {backend.storage}" for backend in deployment.backends)
    agreed = {named_in(each.name)[1]: agreement_of(each.agreement) for each in deployment.backends}
    reduced = (
        f"{each}: {in_general(built)}" for each, built in agreed.items() if each in options.precisions and each != FP32
    )
    judged = (in_words(each.name, each.witnesses) for each in deployment.backends if each.witnesses is not None)
    pace = profile.pace
    searched = f"a search for the highest rate that meets {options.objective}, from {options.rate:g} a second on"
    return LoadHeader(
        kind="load",
        schema=1,
        utc=datetime.now(UTC).isoformat(timespec="seconds"),
        rate=pace.expected / pace.duration_s,
        duration_s=pace.duration_s,
        spacing=options.spacing,
        seed=options.seed,
        most_at_once=options.most_at_once,
        target=deployment.recorded(),
        facts=gather().recorded(),
        notes=(*target_notes(deployment.is_lab, deployment.weights, deployment.shape), *storages, *reduced, *judged),
        backends=functions(options.backends, options.precisions),
        precisions=options.precisions,
        asked=searched if options.find_rate else profile.words,
        bodies=tuple(body.facts for body in bodies),
        objective=str(options.objective) if options.objective else None,
    )
