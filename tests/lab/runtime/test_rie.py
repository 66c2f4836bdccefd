"""Getting the runtime interface emulator."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

from lab.host.errors import LabError
from lab.runtime.rie import emulator


def test_override_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_RIE", "/bin/sh")
    assert emulator() == Path("/bin/sh")


def test_override_that_cannot_run_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_LAMBDA_RIE", str(tmp_path / "nothing"))
    with pytest.raises(LabError, match="not an executable file"):
        emulator()


def test_other_machines_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(LabError, match="riscv64: set AWS_LAMBDA_RIE"):
        emulator()


def test_failed_download_leaves_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("AWS_LAMBDA_RIE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(LabError, match="cannot fetch aws-sam-cli"):
        emulator()
    assert list((tmp_path / "model-storage-lab").iterdir()) == []


def test_cached_binary_runs_without_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_LAMBDA_RIE", raising=False)
    first = emulator()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert emulator() == first
    assert os.access(first, os.X_OK)
