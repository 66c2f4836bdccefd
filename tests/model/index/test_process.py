"""The command as a process: its memory, its messages, and its end when it is told to stop."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.model.support import snapshots
from tests.model.support.command import indexing


def test_peak_memory_does_not_grow_with_the_corpus(tiny_bundle: Path, tmp_path: Path) -> None:
    """For large ones: python -m tests.model.support.snapshots 5000 50000."""
    costs = []
    for count in (5, 80):  # a process's peak varies by 2 MB, so the texts are far more than that
        reports = [(n, f"{n} {'<mask>' * 33_000}") for n in range(count)]  # which tokenizers read fastest
        source = snapshots.write(tmp_path / str(count), [(1, "t", "2020-01-31", list(range(count)))], reports)
        costs.append(snapshots.cost(source, tiny_bundle, tmp_path / f"run-{count}"))
    size = (tmp_path / "80" / "reports.csv").stat().st_size
    assert size > 15_800_000
    assert costs[1].peak - costs[0].peak < size / 4, "far less than the texts alone would take"


def test_progress_comes_with_an_estimate_and_throughput(tiny_bundle: Path, tmp_path: Path) -> None:
    source = snapshots.corpus(tmp_path / "source", 40, seed=1)
    said = snapshots.cost(source, tiny_bundle, tmp_path / "run").said
    assert "40 reports: 40 new texts of" in said
    assert "texts and" in said
    assert "tokens a second" in said


def test_ctrl_c_has_exit_code_130_and_says_how_to_go_on(tiny_bundle: Path, tmp_path: Path) -> None:
    source = snapshots.corpus(tmp_path / "source", 600, seed=1)
    with indexing(source, tiny_bundle, tmp_path) as process:
        process.wait_until_said("embedding", 60)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert "the same command takes up where this one ended" in process.written()[1]
    assert not list(tmp_path.glob(".out.work-*"))
