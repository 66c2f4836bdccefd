"""Lambda's own log lines."""

from __future__ import annotations

from lab.runtime.report import Report, init_report_line


def test_cold_report_is_what_lambda_writes() -> None:
    line = Report("8f5e", 73.291, 512, 88, init_ms=118.09).line()
    assert line == (
        "REPORT RequestId: 8f5e\tDuration: 73.29 ms\tBilled Duration: 192 ms\tMemory Size: 512 MB\t"
        "Max Memory Used: 88 MB\tInit Duration: 118.09 ms\t"
    )


def test_warm_report_has_no_init() -> None:
    line = Report("8f5e", 3.0, 128, 40).line()
    assert line.endswith("Billed Duration: 3 ms\tMemory Size: 128 MB\tMax Memory Used: 40 MB\t")


def test_failures_are_named() -> None:
    line = Report("8f5e", 3.0, 128, 128, status="error", error_type="Runtime.ExitError").line()
    assert line.endswith("Max Memory Used: 128 MB\tStatus: error\tError Type: Runtime.ExitError\t")
    assert init_report_line(10_000, "init", "timeout") == (
        "INIT_REPORT Init Duration: 10000.00 ms\tPhase: init\tStatus: timeout"
    )
