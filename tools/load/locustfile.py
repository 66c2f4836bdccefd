"""Carries out the plan of a load with several locust workers; the master writes load.jsonl for the benchmark to report.

`bench/run.py load --plan-only` writes the plan. The workers send its requests at their due times as the benchmark
itself does, signed alike, each its own share (docs/load.md). Locust brings the workers, and what connects them.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import gevent
from locust import User, events, task
from locust.runners import MasterRunner, WorkerRunner

from bench.deployments.functions import Functions
from bench.deployments.live import LiveTarget
from bench.deployments.outputs import read_outputs
from bench.measure.loading import send_stretch, variant_of
from bench.process.errors import BenchError, UsageError
from bench.process.say import warn
from bench.runs.bodies import Mix, kept
from bench.runs.load_file import LoadFile
from bench.runs.load_plan import LoadPlan, dealt, read_plan
from bench.runs.loads import Arrival, Line, Reading, Step

_SEND, _LINES, _DONE = "send stretch", "lines of a load", "stretch done"
_EVERY_S = 0.5
_KINDS = {"arrival": Arrival, "reading": Reading}


class Idle(User):  # type: ignore[misc]
    """Locust wants a user; the plan is carried out beside it."""

    @task  # type: ignore[untyped-decorator]
    def rest(self) -> None:
        """Do nothing."""
        gevent.sleep(1)


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]
def _add_options(parser: Any) -> None:
    parser.add_argument("--plan", help="the plan that `bench/run.py load --plan-only` wrote")
    parser.add_argument("--outputs", help="the outputs of the deployment (JSON)")


@events.init.add_listener  # type: ignore[untyped-decorator]
def _begin(environment: Any, **_: Any) -> None:
    options, runner = environment.parsed_options, environment.runner
    try:
        if not options.plan or not options.outputs:
            raise UsageError("name the plan with --plan, and the deployment with --outputs")
        plan = read_plan(Path(options.plan))
        if isinstance(runner, MasterRunner):
            _Master(runner, plan, Path(options.plan).parent)
        elif isinstance(runner, WorkerRunner):
            _Worker(environment, plan, Path(options.plan).parent, Path(options.outputs))
        else:
            raise UsageError("one client is `bench/run.py load` itself: give --master here, and --worker to others")
    except BenchError as error:
        warn(f"error: {error}")
        sys.exit(error.exit_code)


class _Master:
    """Tells the workers which stretch to send, waits for all, and writes what they saw."""

    def __init__(self, runner: Any, plan: LoadPlan, directory: Path) -> None:
        self._runner, self._plan, self._directory = runner, plan, directory
        self._waiting: set[str] = set()
        self._file: LoadFile
        runner.register_message(_LINES, self._write)
        runner.register_message(_DONE, self._done)
        events.test_start.add_listener(lambda **_: gevent.spawn(self._conduct))

    def _conduct(self) -> None:
        workers = sorted(client.id for client in self._runner.clients.all)
        header = self._plan.header
        note = f"Sent by locust from {len(workers)} workers, each at most {_share(self._plan, len(workers))} at once."
        try:
            with LoadFile(self._directory) as self._file:
                self._file.append(replace(header, notes=(*header.notes, note)))
                for number in range(len(self._plan.stretches)):
                    self._send(number, workers)
        except BenchError as error:
            warn(f"error: {error}")
        warn(f"now: bench/run.py report {self._directory}")
        self._runner.quit()

    def _send(self, number: int, workers: list[str]) -> None:
        """Have a stretch sent. What a worker that is gone did not tell is missing in the file, and reports say so."""
        self._file.append(self._plan.stretches[number].step)
        self._waiting = set(workers)
        for share, worker in enumerate(workers):
            order = {"number": number, "share": share, "shares": len(workers), "plan": self._plan.header.utc}
            self._runner.send_message(_SEND, order, client_id=worker)
        while self._waiting & {client.id for client in self._runner.clients.all if client.state != "missing"}:
            gevent.sleep(_EVERY_S)

    def _write(self, msg: Any, **_: Any) -> None:
        for kind, values in msg.data:
            self._file.append(_KINDS[kind](**values))

    def _done(self, msg: Any, **_: Any) -> None:
        self._waiting.discard(msg.node_id)


class _Worker:
    """Sends its share of each stretch that the master names, and tells what it saw twice a second."""

    def __init__(self, environment: Any, plan: LoadPlan, directory: Path, outputs: Path) -> None:
        self._environment, self._plan = environment, plan
        self._deployment = read_outputs(outputs).in_precisions(plan.header.precisions)
        bodies, seed = kept(plan.header.bodies, directory), plan.header.seed
        self._target = LiveTarget(
            self._deployment, Functions(self._deployment), mix=Mix(bodies, seed) if bodies else None
        )
        self._lines: list[tuple[str, Mapping[str, Any]]] = []
        environment.runner.register_message(_SEND, lambda msg, **_: gevent.spawn(self._send, **msg.data))

    def _send(self, number: int, share: int, shares: int, plan: str) -> None:
        if plan != self._plan.header.utc:
            warn("error: this worker has another plan than the master")
            self._environment.runner.quit()
            return
        stretch = dealt(self._plan.stretches[number], share, shares)
        variant = variant_of(self._deployment, stretch.step.backend, has_bodies=bool(self._plan.header.bodies))
        self._target.limit_ms(variant)
        telling = gevent.spawn(self._tell_on)
        call = functools.partial(self._target.call, variant)
        send_stretch(stretch, call, _share(self._plan, shares), self._keep, share)
        telling.kill()
        self._tell()
        self._environment.runner.send_message(_DONE, None)

    def _keep(self, line: Line) -> None:
        if isinstance(line, Step):  # the master has written it
            return
        if isinstance(line, Arrival):
            error = None if line.status == 200 else RuntimeError(line.error or "dropped")
            self._environment.events.request.fire(
                request_type="POST", name=line.backend, response_time=line.latency_ms or 0.0, response_length=0,
                exception=error, context={},
            )  # fmt: skip
        self._lines.append(("arrival" if isinstance(line, Arrival) else "reading", asdict(line)))

    def _tell_on(self) -> None:
        while True:
            gevent.sleep(_EVERY_S)
            self._tell()

    def _tell(self) -> None:
        told, self._lines = self._lines, []
        if told:
            self._environment.runner.send_message(_LINES, told)


def _share(plan: LoadPlan, workers: int) -> int:
    """How many requests a worker may have under way."""
    return max(1, -(-plan.header.most_at_once // max(1, workers)))
