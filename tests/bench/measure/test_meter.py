"""Processors are read as the machine, or its container, has them."""

from __future__ import annotations

import threading
from pathlib import Path

from bench.measure.meter import Meter, quota
from bench.runs.loads import Reading, Step


def test_the_quota_of_a_container_counts_under_either_version(tmp_path: Path) -> None:
    assert quota(tmp_path) is None
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert quota(tmp_path) is None
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    (tmp_path / "cpu.stat").write_text("usage_usec 2500000\nuser_usec 1\n")
    second = quota(tmp_path)
    assert second is not None
    assert (second.cores, second.used_s()) == (1.5, 2.5)


def test_the_first_version_of_control_groups_is_read(tmp_path: Path) -> None:
    for name, text in (("cpu/cpu.cfs_quota_us", "50000"), ("cpu/cpu.cfs_period_us", "100000"),
                       ("cpuacct/cpuacct.usage", "3000000000")):  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    found = quota(tmp_path)
    assert found is not None
    assert (found.cores, found.used_s()) == (0.5, 3.0)
    (tmp_path / "cpu/cpu.cfs_quota_us").write_text("-1")
    assert quota(tmp_path) is None


def test_a_busy_thread_is_seen() -> None:
    found: list[Reading] = []
    first = threading.Event()

    def record(reading: Reading) -> None:
        found.append(reading)
        first.set()

    with Meter(Step("s3", 1, 1.0, 1.0, 1.0, 1), record):
        while not first.is_set():
            sum(range(1000))
    assert found[0].client > 0.05
    assert found[0].machine is None or 0 < found[0].machine <= found[0].cores
