"""What a limited network lacks, in words."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lab.cli import main
from lab.shape import needs
from tests.lab.support.bundles import make_bundle


def test_missing_programs_are_named_with_the_line_that_installs_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("ip", "nsenter", "unshare", "nginx"):
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setattr(needs, "_NETWORK", {**needs._NETWORK, "libnginx-mod-http-echo": (str(tmp_path / "echo.so"),)})
    assert needs.obstacle_to_network() == (
        f"tc, {tmp_path}/echo.so missing, which a limited network needs; "
        "sudo apt-get install -y iproute2 libnginx-mod-http-echo"
    )
    for name in ("tc", "echo.so"):
        (tmp_path / name).touch(mode=0o755)
    assert needs.obstacle_to_network() is None


def test_missing_programs_of_the_block_devices_are_named_with_the_line_that_installs_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "access", lambda *_: True)
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("fusermount3", "mke2fs", "mount", "losetup"):
        (tmp_path / name).touch(mode=0o755)
    assert needs.obstacle_to_devices() == (
        "nbdkit missing, which the block devices need; sudo apt-get install -y nbdkit"
    )
    (tmp_path / "nbdkit").touch(mode=0o755)
    assert needs.obstacle_to_devices() is None


@pytest.mark.parametrize("wrong", [["--cache", "warm"], ["--chunks", "new", "--shape", "none"]])
def test_options_that_would_mean_nothing_are_refused(
    wrong: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.up.running.obstacle", lambda _: None)
    bundle = make_bundle(tmp_path / "bundle")
    command = ["up", "--bundle", str(bundle), "--shape", "lambda", *wrong]
    if "--chunks" in wrong:
        with pytest.raises(SystemExit, match="2"):
            main(command)
        assert "--chunks: they need --shape lambda" in capsys.readouterr().err
    else:
        assert main(command) == 1
        assert "no --cache warm with --shape lambda" in capsys.readouterr().err


def test_a_lab_that_cannot_be_shaped_says_so_and_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    bundle = make_bundle(tmp_path / "bundle")
    assert main(["up", "--shape", "lambda", "--bundle", str(bundle)]) == 1
    assert capsys.readouterr().err == "lab: no --shape lambda here: a limited network needs root\n"


def test_an_unknown_shape_is_a_wrong_argument(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["up", "--shape", "azure"])
    assert "invalid choice: 'azure'" in capsys.readouterr().err
