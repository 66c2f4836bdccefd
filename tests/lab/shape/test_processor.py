"""A runtime and all that it starts get the quota of its memory size, and the emulator none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.limits import MAX_MEMORY_MB, MIN_MEMORY_MB
from lab.host import cgroups
from lab.host.janitor import CGROUP_ROOTS
from lab.shape import processor as share
from lab.shape.processor import ProcessorShare
from lab.shape.shape import processor
from tests.lab.support.accounts import serve, witness

needs_groups = pytest.mark.skipif(not cgroups.has_processor_groups(), reason="needs a writable cpu control group")


@given(st.integers(MIN_MEMORY_MB, MAX_MEMORY_MB))
def test_a_quota_is_the_memory_size_in_cores_and_in_init_at_least_one(memory_mb: int) -> None:
    quotas: list[tuple[int, int]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(share.cgroups, "processor_group", lambda lab, environment: Path("/nonexistent"))
        patch.setattr(share.cgroups, "set_quota", lambda group, quota, period: quotas.append((quota, period)))
        ProcessorShare("lab", "one", processor(), memory_mb).end_init()
    (in_init, period), (after, _) = quotas
    assert period == 20_000
    assert after / period == pytest.approx(memory_mb / 1769, abs=1 / period)
    assert in_init == max(after, period)


@needs_groups
def test_children_that_a_process_has_started_before_are_admitted_with_it() -> None:
    script = "import subprocess, sys; subprocess.Popen(['sleep', '60']); print('ready', flush=True); sys.stdin.read()"
    lab = f"test-{os.getpid()}"
    limits = ProcessorShare(lab, "one", processor(), 512)
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        limits.admit(process.pid)
        children = psutil.Process(process.pid).children()
        members = [process.pid, *(each.pid for each in children)]
        groups = {group_of(pid) for pid in members}
        os.killpg(process.pid, 9)
    psutil.wait_procs(children, timeout=60)  # a group with processes cannot be removed
    limits.close()
    for root in CGROUP_ROOTS:
        if (root / lab).exists():
            (root / lab).rmdir()
    assert len(members) == 2
    assert len(groups) == 1
    assert next(iter(groups)).endswith("/one")


@needs_groups
def test_the_runtime_has_its_share_and_the_emulator_has_not() -> None:
    with serve(witness(memory_mb=512, processor=processor())) as served:
        runtime = served.invoke({})["pid"]
        emulator = psutil.Process(runtime).ppid()
        folder = cgroups.PROCESSOR_GROUPS / group_of(runtime).lstrip("/")
        quota = int((folder / "cpu.cfs_quota_us").read_text()) if (folder / "cpu.cfs_quota_us").exists() else None
        assert served.root.name in group_of(runtime)
        assert served.root.name not in group_of(emulator)
        assert quota in (None, round(512 / 1769 * 20_000))
    assert not folder.exists()


def group_of(pid: int) -> str:
    """The processor group of a process."""
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "cpu" in controllers.split(",") or not controllers:
            return path
    raise AssertionError(f"process {pid} has no processor group")
