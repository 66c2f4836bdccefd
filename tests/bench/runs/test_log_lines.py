"""REPORT lines as AWS and the Runtime Interface Emulator really write them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.runs.log_lines import InitReportLine, ReportLine, parse_log_line

ID = "3f7c9b6e-0a57-4f0e-9d25-7a5f3f0b2c11"


def test_a_cold_text_report() -> None:
    line = (
        f"REPORT RequestId: {ID}\tDuration: 812.35 ms\tBilled Duration: 2014 ms\tMemory Size: 2048 MB\t"
        "Max Memory Used: 498 MB\tInit Duration: 1201.07 ms\t\n"
    )
    assert parse_log_line(line) == ReportLine(ID, 812.35, 2014, 2048, 498, 1201.07)


def test_a_warm_text_report_with_tracing() -> None:
    line = (
        f"REPORT RequestId: {ID}\tDuration: 41.20 ms\tBilled Duration: 42 ms\tMemory Size: 2048 MB\t"
        "Max Memory Used: 499 MB\t\nXRAY TraceId: 1-5f-abc\tSegmentId: 07f\tSampled: true\t"
    )
    assert parse_log_line(line) == ReportLine(ID, 41.20, 42, 2048, 499, None)


def test_a_restored_report_in_both_forms() -> None:
    # Billed Duration is 148 ms and the billed 53 ms of the restore: it counts them in.
    text = (
        f"REPORT RequestId: {ID}\tDuration: 147.16 ms\tBilled Duration: 201 ms\tMemory Size: 512 MB\t"
        "Max Memory Used: 91 MB\tRestore Duration: 500.80 ms\tBilled Restore Duration: 53 ms\t\n"
    )
    metrics = {
        "durationMs": 147.16, "billedDurationMs": 201, "memorySizeMB": 512, "maxMemoryUsedMB": 91,
        "restoreDurationMs": 500.8, "billedRestoreDurationMs": 53,
    }  # fmt: skip
    event = {"type": "platform.report", "record": {"requestId": ID, "metrics": metrics}}
    wanted = ReportLine(ID, 147.16, 201, 512, 91, restore_ms=500.8, billed_restore_ms=53.0)
    assert parse_log_line(text) == parse_log_line(json.dumps(event)) == wanted


def test_a_timed_out_text_report() -> None:
    line = (
        f"REPORT RequestId: {ID}\tDuration: 30000.00 ms\tBilled Duration: 30000 ms\tMemory Size: 512 MB\t"
        "Max Memory Used: 512 MB\tStatus: timeout"
    )
    found = parse_log_line(line)
    assert isinstance(found, ReportLine)
    assert (found.status, found.init_ms) == ("timeout", None)


def test_a_failed_text_report() -> None:
    line = (
        f"REPORT RequestId: {ID}\tDuration: 3.10 ms\tBilled Duration: 4 ms\tMemory Size: 512 MB\t"
        "Max Memory Used: 90 MB\tStatus: error\tError Type: Runtime.ExitError"
    )
    found = parse_log_line(line)
    assert isinstance(found, ReportLine)
    assert found.status == "error"


def test_a_text_init_report_of_an_init_that_timed_out() -> None:
    found = parse_log_line("INIT_REPORT Init Duration: 10008.65 ms\tPhase: init\tStatus: timeout")
    assert found == InitReportLine(10008.65, "init", "timeout")
    assert found.timed_out


def test_a_json_report() -> None:
    event = {
        "time": "2026-05-01T10:00:00.000Z",
        "type": "platform.report",
        "record": {
            "requestId": ID,
            "metrics": {
                "durationMs": 812.35,
                "billedDurationMs": 2014,
                "memorySizeMB": 2048,
                "maxMemoryUsedMB": 498,
                "initDurationMs": 1201.07,
            },
            "status": "success",
        },
    }
    assert parse_log_line(json.dumps(event)) == ReportLine(ID, 812.35, 2014, 2048, 498, 1201.07, "success")


def test_a_json_init_report() -> None:
    event = {
        "time": "2026-05-01T10:00:00.000Z",
        "type": "platform.initReport",
        "record": {
            "initializationType": "on-demand",
            "phase": "init",
            "status": "timeout",
            "metrics": {"durationMs": 9999.1},
        },
    }
    assert parse_log_line(json.dumps(event)) == InitReportLine(9999.1, "init", "timeout")


def test_the_emulators_report_and_init_report() -> None:
    line = (
        f"REPORT RequestId: {ID}\tInit Duration: 0.14 ms\tDuration: 155.56 ms\tBilled Duration: 156 ms\t"
        "Memory Size: 3008 MB\tMax Memory Used: 3008 MB\t"
    )
    assert parse_log_line(line) == ReportLine(ID, 155.56, 156, 3008, 3008, 0.14)
    noise = "01 Jan 2026 00:00:00,000 [INFO] (rapid) INIT REPORT(durationMs: 254.170000)"
    assert parse_log_line(noise) == InitReportLine(254.17)


@pytest.mark.parametrize(
    "line",
    [
        f"START RequestId: {ID} Version: $LATEST",
        f"END RequestId: {ID}",
        "REPORT on the state of things",
        '{"type": "platform.start", "record": {"requestId": "x"}}',
        '{"type": "platform.report"',
        '["platform.report"]',
        "",
    ],
)
def test_other_lines_report_nothing(line: str) -> None:
    assert parse_log_line(line) is None


@given(st.text())
def test_no_line_breaks_the_parser(line: str) -> None:
    for text in (line, "REPORT RequestId: " + line, "INIT_REPORT " + line, '{"record": ' + json.dumps(line) + "}"):
        parse_log_line(text)
