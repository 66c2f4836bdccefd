"""Failed requests count as answers: they are counted, shown, and never within a limit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.runs.load_file import LoadFile
from bench.runs.loads import Arrival, LoadHeader
from bench.runs.store import RESULTS
from tests.bench.support.failing import command, failing, measured
from tests.bench.support.simulator import Truth

CHOICE = ("--requests-per-hour", 36000, "--objective", 200)


@pytest.mark.parametrize("percent", [5, 20, 40])
def test_planted_failures_are_said_above_the_verdicts_and_lower_the_share(tmp_path: Path, percent: int) -> None:
    directory = measured(tmp_path, failing("s3", percent))
    code, printed = command("report", directory)
    assert code == 4
    assert printed.index("Do not use these figures") < printed.index("Latency") < printed.index("warm: ")
    markdown = (directory / "report.md").read_text()
    assert markdown.index("Do not use") < markdown.index("## Verdicts")
    warm = {item["backend"]: item["warm"] for item in json.loads((directory / "summary.json").read_text())["variants"]}
    assert warm["s3"]["failed_share"] == pytest.approx(percent / 100, abs=0.02)
    assert f"{warm['s3']['answered_share']:.1%}" in printed
    assert warm["oci"]["answered_share"] == 1.0
    code, printed = command("choose", directory, *CHOICE, "--share", 0.9, "--json")
    assert code == 4
    chosen = {option["name"]: option for option in json.loads(printed)["options"]}
    assert chosen["s3"]["within"] <= 1 - percent / 100 + 0.02
    assert chosen["s3"]["within_low"] <= 1 - percent / 100
    assert not chosen["s3"]["meets"]


def test_compare_looks_at_the_failures_of_both(tmp_path: Path) -> None:
    good, bad = measured(tmp_path / "good"), measured(tmp_path / "bad", failing("oci", 20))
    assert command("compare", good, good)[0] == 0
    for pair in ((good, bad), (bad, good)):
        code, printed = command("compare", *pair)
        assert code == 4
        assert printed.index("Do not use") < printed.index("verdict")
        assert "80.0%" in printed


def test_compare_gates_on_what_is_shown_not_on_the_medians(tmp_path: Path) -> None:
    slower = Truth(
        cold=lambda backend, engine, rng: 150 * rng.lognormvariate(0, 0.1),
        warm=lambda backend, engine, rng: 30 * rng.lognormvariate(0, 0.1),
    )
    a, b = measured(tmp_path / "a"), measured(tmp_path / "b", truth=slower)
    assert command("compare", a, b, "--fail-above", 1.1)[0] == 1
    assert command("compare", a, b, "--fail-above", 1.6)[0] == 0
    assert command("compare", b, a, "--fail-above", 1.1)[0] == 0
    assert command("compare", a, b)[0] == 0


def test_an_incomplete_run_is_not_to_be_used(tmp_path: Path) -> None:
    results = measured(tmp_path) / RESULTS
    lines = results.read_text().splitlines(keepends=True)
    results.write_text("".join(lines[: len(lines) // 2]))
    code, printed = command("report", tmp_path)
    assert code == 4
    assert "incomplete" in printed


@pytest.mark.parametrize(
    "wrong",
    [
        ("--requests-per-hour", -5, "--objective", 200),
        ("--requests-per-hour", "inf", "--objective", 200),
        ("--requests-per-hour", "nan", "--objective", 200),
        ("--requests-per-hour", 5, "--objective", "nan"),
        ("--requests-per-hour", 5, "--objective", 0),
        (*CHOICE, "--keep-alive", "inf"),
        (*CHOICE, "--stored-mb", -1),
        (*CHOICE, "--share", 1.5),
        (*CHOICE, "--share", "nan"),
        (*CHOICE, "--endpoints", -1),
    ],
)
def test_numbers_out_of_range_are_refused(tmp_path: Path, wrong: tuple[object, ...]) -> None:
    assert command("choose", tmp_path, *wrong)[0] == 2


def test_drift_is_found_and_said(tmp_path: Path) -> None:
    elapsed = {"s3": 0, "oci": 0}

    def drifting(backend: str, engine: str, rng: object) -> float:
        elapsed[backend] += 1
        return 20 + (elapsed[backend] if backend == "oci" else 0)

    measured(tmp_path, truth=Truth(warm=drifting))
    code, printed = command("report", tmp_path)
    assert code == 0
    assert printed.index("Drift: the latency of oci (warm) rose") < printed.index("\nLatency")
    assert "the difference between s3 and oci (warm) fell" in printed.replace("\n", " ")
    assert "the latency of s3" not in printed


@pytest.mark.parametrize(("failed", "kept", "code"), [(0, 20, 0), (8, 20, 4), (0, 15, 4)])
def test_a_load_with_failures_or_missing_requests_is_not_to_be_used(
    tmp_path: Path, failed: int, kept: int, code: int
) -> None:
    header = LoadHeader(
        kind="load", schema=1, utc="2026", rate=10, duration_s=2, spacing="constant", seed=1, most_at_once=16,
        target={"kind": "lab"}, facts={}, notes=(), backends=("s3",),
    )  # fmt: skip
    with LoadFile(tmp_path) as file:
        file.append(header)
        for number in range(kept):
            file.append(Arrival("s3", number / 10, 0.1, 20.0 + number, 500 if number < failed else 200))
    found, printed = command("report", tmp_path)
    assert found == code
    assert ("Do not use these figures" in printed) == (code == 4)
    assert f"{(kept - failed) / kept:.1%}" in printed.replace("\\", "")  # Markdown is escaped
