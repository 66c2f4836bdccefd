"""Control groups are made as each version of the kernel's interface wants them; the files here are plain ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.host import cgroups
from lab.host.cgroups import RUNTIME, leaf, memory_group, processor_group, set_quota

NOWHERE = Path("/nonexistent")


def unified(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "cgroup.controllers").write_text("cpuset cpu io memory pids\n")
    for name, root in (("MEMORY_GROUPS", NOWHERE), ("PROCESSOR_GROUPS", NOWHERE), ("UNIFIED_GROUPS", folder)):
        monkeypatch.setattr(cgroups, name, root)


def test_in_version_2_memory_covers_the_leaves_of_emulator_and_runtime(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unified(tmp_path, monkeypatch)
    group = memory_group("lab", "one", 1 << 30)
    assert group == tmp_path / "lab" / "one"
    runtime = processor_group("lab", "one")
    set_quota(runtime, 5789, 20_000)
    assert (group / "memory.max").read_text() == str(1 << 30)
    assert leaf(group).parent == runtime.parent == group, "in version 2, only leaves may hold processes"
    assert (runtime.name, (runtime / "cpu.max").read_text()) == (RUNTIME, "5789 20000")
    for parent in (tmp_path, tmp_path / "lab", group):
        assert (parent / "cgroup.subtree_control").read_text() == "+cpu"


def test_in_version_1_each_controller_has_a_group_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory, processor = tmp_path / "memory", tmp_path / "cpu"
    for root, file in ((memory, "memory.limit_in_bytes"), (processor, "cpu.shares")):
        root.mkdir()
        (root / file).touch()
    for name, root in (("MEMORY_GROUPS", memory), ("PROCESSOR_GROUPS", processor), ("UNIFIED_GROUPS", tmp_path)):
        monkeypatch.setattr(cgroups, name, root)
    group, share = memory_group("lab", "one", 1 << 30), processor_group("lab", "one")
    assert group == leaf(group) == memory / "lab" / "one"  # type: ignore[arg-type]
    assert share == processor / "lab" / "one"
    (share / "cpu.cfs_quota_us").touch()  # the kernel makes it
    set_quota(share, 11_577, 20_000)
    assert (share / "cpu.cfs_period_us").read_text() == "20000"
    assert (share / "cpu.cfs_quota_us").read_text() == "11577"


def test_without_a_controller_there_is_no_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unified(tmp_path, monkeypatch)
    (tmp_path / "cgroup.controllers").write_text("pids\n")
    assert memory_group("lab", "one", 1 << 30) is None
    assert not cgroups.has_processor_groups()
    with pytest.raises(FileNotFoundError, match="no cpu controller"):
        processor_group("lab", "one")
