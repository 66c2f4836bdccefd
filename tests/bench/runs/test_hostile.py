"""Broken files, hostile services, places that cannot be written to: a message and an exit code, never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.deployments.answer import observe
from bench.deployments.functions import _observe_invocation
from bench.deployments.outputs import parse_outputs
from bench.measure.session import carry_out
from bench.process.errors import StorageError, UsageError
from bench.report.views import write
from bench.report.views.write import derive
from bench.runs.judge import INVALID, judge_run
from bench.runs.log_lines import InitReportLine, ReportLine, parse_log_line
from bench.runs.plan import Axes, build_plan
from bench.runs.records import Session
from bench.runs.store import RESULTS, Recorder, read_run
from contract.checkout import ROOT
from tests.bench.support.command import RUN, bench
from tests.bench.support.simulator import Account, SimulatedTarget, Truth, VirtualTime, outputs

AXES = Axes(("s3", "oci"), cold=2, warm=2)


def record(directory: Path, target: SimulatedTarget | None = None, **changes: Any) -> Path:
    target = target or SimulatedTarget(Account(Truth()), VirtualTime())
    recorded = parse_outputs({**outputs("http://localhost", None, target.account), **changes}).recorded()
    with Recorder(directory / RESULTS) as recorder:
        header = Session(1, "2026-01-01T00:00:00+00:00", AXES, recorded, target.describe(), {})
        carry_out(build_plan(AXES), target, header, recorder, target.virtual.clock)
    return directory


def with_line(directory: Path, kind: str, change: Callable[[dict[str, Any]], object]) -> int:
    """Change the last line of that kind; returns its number."""
    path = directory / RESULTS
    lines = path.read_text().splitlines()
    at = max(number for number, line in enumerate(lines) if f'"kind":"{kind}"' in line)
    value = json.loads(lines[at])
    change(value)
    lines[at] = json.dumps(value)
    path.write_text("\n".join(lines) + "\n")
    return at + 1


@pytest.mark.parametrize(
    "line", [b"[1,2]", b"5", b"null", b'"x"', b"{}", b'{"kind":"sample"}', b"[" * 100_000 + b"]" * 100_000]
)
def test_a_line_that_is_no_record_is_named(line: bytes, tmp_path: Path) -> None:
    record(tmp_path)
    with (tmp_path / RESULTS).open("ab") as file:
        file.write(line + b"\n")
    count = len((tmp_path / RESULTS).read_bytes().splitlines())
    with pytest.raises(UsageError, match=f"results.jsonl, line {count}: "):
        read_run(tmp_path)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "12", None, 1e308, -3.0, 0.0, True, [1]])
def test_a_duration_that_cannot_be_is_named(value: object, tmp_path: Path) -> None:
    record(tmp_path)
    number = with_line(tmp_path, "sample", lambda sample: sample["seen"].update(request_ms=value))
    with pytest.raises(UsageError, match=f"line {number}: "):
        read_run(tmp_path)
    done = bench("report", tmp_path)
    assert done.returncode == 2
    assert f"line {number}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("session", lambda line: line["axes"].update(cold=10**9)),
        ("session", lambda line: line["axes"].update(bursts=[10**7])),
        ("session", lambda line: line["axes"].update(backends=["a", "a"])),
        ("session", lambda line: line.update(target={"backends": [1]})),
        ("session", lambda line: line.update(functions={"s3": {"MemorySize": "big"}})),
        ("session", lambda line: line.update(prices={"region": "x"})),
        ("session", lambda line: line.update(facts={"machine": [[]]})),
        ("session", lambda line: line.update(schema=2)),
        ("sample", lambda line: line["seen"].update(results=[[1, 1e300]])),
        ("sample", lambda line: line["seen"]["phases_ms"].update(fetch=-1)),
        ("sample", lambda line: line.pop("variant")),
        ("visit", lambda line: line.update(log_lines=[1])),
        ("end", lambda line: line.update(reason=5)),
    ],
)
def test_a_value_that_cannot_be_is_named(kind: str, change: Callable[[dict[str, Any]], object], tmp_path: Path) -> None:
    record(tmp_path)
    number = with_line(tmp_path, kind, change)
    with pytest.raises(UsageError, match=f"line {number}: "):
        read_run(tmp_path)


def test_lines_that_are_not_json_are_left_out_and_named(tmp_path: Path) -> None:
    record(tmp_path)
    lines = (tmp_path / RESULTS).read_bytes().splitlines(keepends=True)
    (tmp_path / RESULTS).write_bytes(b"".join([*lines[:4], b'{"kind":"sam\n', b"\xff\xfe\n", *lines[4:]]))
    assert read_run(tmp_path).torn == (5, 6)
    done = bench("report", tmp_path)
    assert "line 5, 6" in done.stderr
    assert done.returncode == 0, done.stderr


def test_a_sample_that_stands_twice_is_refused(tmp_path: Path) -> None:
    record(tmp_path)
    lines = (tmp_path / RESULTS).read_bytes().splitlines(keepends=True)
    (tmp_path / RESULTS).write_bytes(b"".join([*lines, lines[1]]))
    with pytest.raises(UsageError, match="more than once"):
        read_run(tmp_path)


@pytest.mark.parametrize(
    "record",
    [
        {"requestId": 1, "metrics": [1]}, {"requestId": "x", "metrics": [1]}, {"requestId": None, "metrics": {}},
        {"requestId": "", "metrics": {}}, [], 5, {"metrics": None},
    ],
)  # fmt: skip
def test_a_platform_event_of_another_form_is_some_other_output(record: object) -> None:
    for kind in ("platform.report", "platform.initReport", [], None):
        assert parse_log_line(json.dumps({"type": kind, "record": record})) is None


def test_figures_that_cannot_be_are_not_taken_from_a_log() -> None:
    for value in (-1, "12", True, None, [1], 1e300, float("nan")):
        event = {"type": "platform.report", "record": {"requestId": "x", "metrics": {"durationMs": value}}}
        assert parse_log_line(json.dumps(event)) == ReportLine("x")
        event["type"] = "platform.initReport"
        assert parse_log_line(json.dumps(event)) is None
    digits = "9" * 400
    assert parse_log_line(f"REPORT RequestId: x\tMemory Size: {digits} MB\tDuration: -5 ms") == ReportLine("x")
    assert parse_log_line(f"INIT REPORT(durationMs: {digits})") is None
    assert parse_log_line("INIT REPORT(durationMs: 5)") == InitReportLine(5.0)
    assert parse_log_line('{"record":' + "[" * 100_000) is None


class Forges(SimulatedTarget):
    """A function that prints a REPORT line of its own, with a Duration that suits it."""

    def log_lines(self, variant: Any, seen: Any) -> tuple[str, ...]:
        true = super().log_lines(variant, seen)
        return (f"REPORT RequestId: {seen[0].request_id}\tDuration: 1.00 ms\tInit Duration: 1.00 ms", *true)


def test_a_sample_with_two_accounts_of_it_is_invalid(tmp_path: Path) -> None:
    record(tmp_path, Forges(Account(Truth()), VirtualTime()))
    judged = judge_run(read_run(tmp_path))
    forged = [item for item in judged if item.sample.id.endswith(".0")]
    assert {item.status for item in forged} == {INVALID}
    assert all("contradict" in item.reasons[0] and item.report is None for item in forged)
    assert not any("contradict" in reason for item in judged if item not in forged for reason in item.reasons)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000, b'{"body": {"results": [{"incident_id": 1e999, "similarity": 1}]}}', b"\xff", b"[1]",
        b'{"body": {"results": [{"incident_id": 1, "similarity": NaN}]}}', b'{"body": "\\ud800"}', b'{"results": 5}',
    ],
)  # fmt: skip
def test_an_answer_that_makes_no_sense_has_no_results(body: bytes) -> None:
    headers = {"Server-Timing": "a;dur=nan, b;dur=inf, c;dur=-1, d;dur=1e300, e;dur=2", "X-Invocation": "-4"}
    seen = observe(1.0, 2.0, 200, headers, body)
    assert (seen.results, seen.phases_ms, seen.invocation) == ((), {"e": 2.0}, None)


@pytest.mark.parametrize(
    "payload",
    [
        b"5",
        b'{"statusCode": "x"}',
        b'{"statusCode": true}',
        b'{"statusCode": 200, "headers": []}',
        b"[" * 90_000,
        b"{}",
    ],
)
def test_an_invocation_that_returns_no_answer_is_a_failure(payload: bytes) -> None:
    assert _observe_invocation(1.0, payload, None, ()).status is None


def test_markup_in_what_is_recorded_does_not_reach_the_report(tmp_path: Path) -> None:
    said = "<script>alert(1)</script> | [a](http://x) \x1b]0;t\x07 \u202e"
    target = SimulatedTarget(Account(Truth()), VirtualTime())
    given = outputs("http://localhost", None, target.account)
    for item in given["backends"].values():  # type: ignore[attr-defined]
        item["storage"] = said
    record(tmp_path, target, backends=given["backends"], weights=said, region=said)
    derive(tmp_path)
    markdown, html = ((tmp_path / name).read_text() for name in ("report.md", "report.html"))
    shown = bench("report", tmp_path).stdout
    assert not any(character in text for text in (markdown, html, shown) for character in "\x1b\u202e")
    assert "<script" not in html
    assert "<script" not in markdown.replace("\\<", "")
    assert "](http://" not in markdown


@pytest.mark.parametrize("command", [["run", "--cold", 1], ["load"]])
def test_a_place_that_cannot_be_written_to_is_5(command: list[object], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in ("/proc/nothing/run", tmp_path / "file" / "run"):
        done = bench(*command, "--out", place)
        assert done.returncode == 5, done.stderr
        assert "cannot write" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_missing_scratch_folder_is_5(tmp_path: Path) -> None:
    done = bench("run", "--cold", 1, "--out", tmp_path / "run", TMPDIR="/nonexistent")
    assert done.returncode == 5
    assert "TMPDIR" in done.stderr


def test_a_folder_that_became_read_only_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "write_text", refuse)
    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(StorageError, match="Read-only file system"):
        write.write(tmp_path / "report.md", "text")


def test_a_reader_that_stops_reading_ends_the_report_quietly(tmp_path: Path) -> None:
    record(tmp_path)
    for options in ([], ["--json"]):
        reading, writing = os.pipe()
        os.close(reading)
        command = [*RUN, "report", str(tmp_path), *options]
        done = subprocess.run(command, cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60)
        os.close(writing)
        assert (done.returncode, done.stderr) == (141, "")


def test_an_unforeseen_error_is_told_by_its_kind_and_place_only(tmp_path: Path) -> None:
    script = (
        "import sys; sys.argv = ['x']; import bench.cli as c; import bench.commands.plan as p\n"
        "def fail(options): raise KeyError('secret words')\n"
        "p.execute = fail; sys.exit(c.main(['plan']))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 70
    assert "unexpected KeyError" in done.stderr
    assert "secret words" not in done.stderr
