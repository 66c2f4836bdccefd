"""Packages go into the images by hash alone: the locks fit the pins, and install.py accepts nothing else."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from contract.checkout import IMAGES
from tools.images import base, index, lock, resolve
from tools.images.resolve import Wheel
from tools.images.shell import ToolError


def test_the_locks_hold_the_pins() -> None:
    for engine, pins in lock.PINS.items():
        locked = {
            name: entry.version for part in lock.PARTS[engine] for name, entry in lock.read(lock.path(part)).items()
        }
        pinned = re.findall(r"^([\w-]+)==(\S+)$", pins.read_text(), re.MULTILINE)
        assert pinned
        assert set(pinned) <= locked.items()
        if engine == "onnx":
            assert set(pinned) == locked.items()
    assert lock.read(lock.path("torch-cpu"))["torch"].version == lock.read(lock.path("torch-cuda"))["torch"].version
    assert len(lock.read(lock.path("torch-cpu"))["torch"].hashes) == len(resolve.MACHINES) * len(base.SUITES)


@pytest.mark.parametrize("engine", list(lock.ENGINES))
@pytest.mark.parametrize("machine", list(resolve.MACHINES))
def test_requirements_have_wheels_for_both_architectures(engine: str, machine: str) -> None:
    lock.check(engine, machine, "3.13")


def test_a_wheel_with_another_hash_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "wheel", lambda name, version, *_: Wheel(name, version, "0" * 64))

    with pytest.raises(ToolError, match=r"not the wheels that are locked for arm64 and Python 3.13: .*numpy"):
        lock.check("onnx", "arm64", "3.13")


def test_packages_that_not_every_architecture_needs_are_refused() -> None:
    both, one = Wheel("both", "1", "a" * 64), Wheel("one", "1", "b" * 64)
    with pytest.raises(ToolError, match="not for every architecture and Python: one==1"):
        lock.merge([[both], [both, one]])
    assert lock.merge([[both], [Wheel("both", "1", "c" * 64)]])["both"].hashes == {"a" * 64, "c" * 64}


@pytest.mark.parametrize("right", [True, False], ids=["the locked file", "another file"])
def test_only_a_file_with_the_locked_hash_is_installed(tmp_path: Path, right: bool) -> None:
    wheel = tmp_path / "tiny-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny.py", "")
        archive.writestr("tiny-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1\n")
        archive.writestr("tiny-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("tiny-1.dist-info/RECORD", "")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest() if right else "0" * 64
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks" / "onnx.txt").write_text(lock.render({"tiny": lock.Locked("1", frozenset({digest}))}))
    shutil.copy(IMAGES / "install.py", tmp_path)
    environment = {**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)}

    command = [sys.executable, tmp_path / "install.py", "onnx", tmp_path / "out"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)

    assert done.returncode == (0 if right else 1), done.stderr
    assert (tmp_path / "out" / "tiny.py").exists() == right
    assert ("DO NOT MATCH THE HASHES" in done.stderr) != right
