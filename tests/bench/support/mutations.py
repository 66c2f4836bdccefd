"""The benchmark's readers, with valid inputs to mutate; everything is derived from what they read."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from bench.cost.prices import SHIPPED, read_prices
from bench.cost.traffic import read_trace
from bench.deployments.answer import observe, request_body
from bench.deployments.functions import _observe_invocation
from bench.deployments.outputs import json_object, parse_outputs
from bench.measure.session import carry_out
from bench.process.errors import BenchError
from bench.process.say import Printer
from bench.report.compare_runs import changes
from bench.report.loads.report import load_report
from bench.report.views.load import load_html, load_markdown
from bench.report.views.terminal import print_report
from bench.report.views.write import derive
from bench.runs.conditions import differences_in_kind
from bench.runs.load_file import LoadFile, read_load
from bench.runs.loads import Arrival, LoadHeader, Reading, Step
from bench.runs.log_lines import parse_log_line
from bench.runs.plan import Axes, Variant, build_plan
from bench.runs.records import Observation, Sample, Session, from_line
from bench.runs.records import to_json as event_to_json
from bench.runs.store import LOAD, RESULTS, Recorder
from tests.bench.support.simulator import Account, SimulatedTarget, Truth, VirtualTime, outputs
from tests.support.mutate import Reader

_ACCOUNT_BACKENDS = ("s3", "oci")
_REPORT = "REPORT RequestId: 3f7c9b6e\tDuration: 812.35 ms\tBilled Duration: 2014 ms\tMemory Size: 2048 MB\t"
LOGS = "\n".join(
    (
        _REPORT + "Max Memory Used: 498 MB\tInit Duration: 1201.07 ms\t",
        "INIT_REPORT Init Duration: 9999.12 ms\tPhase: init\tStatus: timeout",
        "INIT REPORT(durationMs: 120.5)",
        '{"type":"platform.report","record":{"requestId":"x","metrics":{"durationMs":1.5,"memorySizeMB":128}}}',
        '{"type":"platform.initReport","record":{"phase":"init","status":"timeout","metrics":{"durationMs":9}}}',
    )
).encode()


def readers() -> Iterator[Reader]:
    """All readers of the benchmark."""
    yield Reader("results.jsonl", [_results()], _read_results, (BenchError,))
    yield Reader("load.jsonl", [_load()], _read_load, (BenchError,))
    yield outputs_reader()
    yield Reader("prices", [SHIPPED.read_bytes()], _from_file(read_prices), (BenchError,))
    yield Reader("trace", [b"0\n1.5\n2\n40.25\n1e3\n"], _from_file(read_trace), (BenchError,))
    yield Reader("log lines", [LOGS], _read_logs, ())
    yield Reader("answers", [_answer()], _read_answer, ())
    yield Reader("invocations", [_invocation()], _read_invocation, ())


def outputs_reader() -> Reader:
    """The reader of a deployment's outputs, as the lab or a stack prints them."""
    account = Account(Truth(), _ACCOUNT_BACKENDS)
    lab = outputs("http://127.0.0.1:80", "http://127.0.0.1:81", account)
    samples = [json.dumps(given).encode() for given in (lab, {**lab, "apiUrl": "[secret]"}, {**lab, "apiUrl": "a.org"})]
    return Reader("outputs", samples, lambda data: parse_outputs(json_object(data)).recorded(), (BenchError,))


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as scratch:
        yield Path(scratch)


@cache
def _results() -> bytes:
    """A complete run with every kind of line."""
    axes = Axes(_ACCOUNT_BACKENDS, ("onnx", "transformers"), cold=2, warm=2, bursts=(2,))
    target = SimulatedTarget(Account(Truth(), _ACCOUNT_BACKENDS), VirtualTime())
    recorded = parse_outputs(outputs("http://localhost", None, target.account)).recorded()
    facts = {"machine": {"cpu": "x", "cores": 2, "memory_gb": 1.5}, "versions": {"python": "3"}, "revision": "1"}
    header = Session(
        1, "2026-01-01T00:00:00+00:00", axes, recorded, target.describe(), facts, read_prices().recorded(),
        source={"stack": "dev"}, originals=target.originals(axes.backends),
    )  # fmt: skip
    with _folder() as directory:
        with Recorder(directory / RESULTS) as recorder:
            carry_out(build_plan(axes), target, header, recorder, target.virtual.clock)
        return (directory / RESULTS).read_bytes()


def _read_results(data: bytes) -> None:
    with _folder() as directory:
        (directory / RESULTS).write_bytes(data)
        report = derive(directory)
        print_report(report, Printer(file=io.StringIO(), width=140))
        differences_in_kind(report.meta.session, report.meta.session)
        changes(report, report)


def _load() -> bytes:
    header = LoadHeader(
        kind="load", schema=1, utc="2026", rate=5.0, duration_s=2.0, spacing="poisson", seed=1, most_at_once=4,
        target={"kind": "lab"}, facts={}, notes=("a note",),
    )  # fmt: skip
    arrivals = [Arrival("s3", number / 5, 1.0, 30.0 + number, 200) for number in range(8)]
    arrivals.append(Arrival("s3", 1.9, dropped=True))
    with _folder() as directory:
        with LoadFile(directory) as file:
            for line in (header, Step("s3", 1, 5.0, 5.0, 2.0, 9), *arrivals, Reading("s3", 1, 1.0, 0.1, 0.5, 2.0)):
                file.append(line)
        return (directory / LOAD).read_bytes()


def _read_load(data: bytes) -> None:
    with _folder() as directory:
        (directory / LOAD).write_bytes(data)
        report = load_report(read_load(directory))
        load_markdown(report)
        load_html(report)


def _from_file(read: Callable[[Path], object]) -> Callable[[bytes], object]:
    def from_file(data: bytes) -> None:
        with _folder() as directory:
            (directory / "file").write_bytes(data)
            read(directory / "file")

    return from_file


def _read_logs(data: bytes) -> None:
    for line in data.decode("utf-8", "replace").splitlines():
        parse_log_line(line)


def _answer() -> bytes:
    """Headers as a JSON line, then the body."""
    account = Account(Truth(), _ACCOUNT_BACKENDS)
    reply = account.call("s3")
    return json.dumps(reply.headers).encode() + b"\n" + reply.body


def _read_answer(data: bytes) -> None:
    """Any answer of a service becomes a record that can be written and read again."""
    first, _, body = data.partition(b"\n")
    try:
        named = json.loads(first)
        headers = {str(k): str(v) for k, v in named.items()} if isinstance(named, dict) else {}
    except (ValueError, RecursionError):
        headers = {"Server-Timing": first.decode("latin-1"), "X-Invocation": first[:9].decode("latin-1")}
    latin = {k: v.encode("latin-1", "replace").decode("latin-1") for k, v in headers.items()}  # as HTTP carries them
    _again(observe(1.0, 20.0, 200, latin, body))
    _again(observe(1.0, 20.0, 503, latin, body))


def _invocation() -> bytes:
    reply = Account(Truth(), _ACCOUNT_BACKENDS).call("oci")
    return json.dumps({"statusCode": 200, "headers": reply.headers, "body": reply.body.decode()}).encode()


def _read_invocation(data: bytes) -> None:
    _again(_observe_invocation(20.0, data, None, ()))
    _again(_observe_invocation(20.0, data, "Unhandled", (request_body("x").decode(),)))


def _again(seen: Observation) -> None:
    sample = Sample(
        "v.0", "v", 1, 1, 0, False, Variant("s3", "onnx"), "cold", "new-sandbox", "2026", 1.0, "n", 30_000.0, seen
    )
    line = json.dumps(event_to_json(sample), allow_nan=False).encode()
    again = from_line(line)
    if json.dumps(event_to_json(again), allow_nan=False).encode() != line:
        raise AssertionError("a record is not read as it was written")
