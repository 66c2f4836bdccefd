"""The facts that a report tells about the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.runs import facts


@pytest.mark.parametrize(
    ("state", "action", "said"),
    [("on", "pageout", "taken back by the kernel (DAMON)"), ("off", "pageout", "kept"), ("on", "stat", "kept")],
)
def test_tells_whether_the_kernel_takes_back_idle_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str, action: str, said: str
) -> None:
    scheme = tmp_path / "0/contexts/0/schemes/0"
    scheme.mkdir(parents=True)
    (tmp_path / "0/state").write_text(f"{state}\n")
    (scheme / "action").write_text(f"{action}\n")
    monkeypatch.setattr(facts, "_DAMON", tmp_path)
    assert facts.gather().machine.idle_memory == said


def test_a_kernel_without_damon_keeps_idle_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "_DAMON", tmp_path / "missing")
    assert facts.gather().machine.idle_memory == "kept"
