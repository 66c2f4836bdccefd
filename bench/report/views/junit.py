"""Writes the checks of a gate as JUnit XML, which CI systems show: a suite for the comparison, a case for each row."""

from __future__ import annotations

import math
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from bench.process.printable import printable
from bench.process.redact import redact
from bench.report.gate import Check


def junit(found: tuple[Check, ...], name: str, utc: str, host: str) -> str:
    """The document. A case's time is the median of B in seconds, 0 where there is none."""
    failed = sum(check.problem is not None for check in found)
    times = [_seconds(check) for check in found]
    root = Element("testsuites")
    suite = SubElement(
        root, "testsuite", id="0", package="bench", name=_text(name), timestamp=_text(utc[:19]), hostname=_text(host),
        tests=str(len(found)), failures=str(failed), errors="0", skipped="0", time=f"{sum(times):.3f}",
    )  # fmt: skip
    SubElement(suite, "properties")
    for check, time in zip(found, times, strict=True):
        case = SubElement(suite, "testcase", classname=_text(check.variant), name=check.state, time=f"{time:.3f}")
        if check.problem is not None:
            failure = SubElement(case, "failure", type="gate", message=_text(check.problem))
            failure.text = _text(f"B / A: {check.found}")
    SubElement(suite, "system-out").text = ""
    SubElement(suite, "system-err").text = ""
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _seconds(check: Check) -> float:
    return check.b_ms / 1e3 if check.b_ms is not None and math.isfinite(check.b_ms) else 0.0


def _text(text: str) -> str:
    """Text that XML can hold; names come from records."""
    return printable(redact(text))
