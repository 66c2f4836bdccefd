"""A run publishes a version for each restored sample, and leaves alias and versions as they were, however it ends."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.deployments.outputs import parse_outputs
from bench.runs.store import RESULTS
from tests.bench.support.command import bench, starting, write_outputs
from tests.bench.support.kills import kill_at_random_moments
from tests.bench.support.simulator import serve
from tests.bench.support.versioned import WORLD, VersionedAccount, an_account, left, versioned_outputs

AXES = ("--backends", "oci,oci+snapstart", "--cold", "2", "--warm", "2")


@pytest.fixture
def account() -> VersionedAccount:
    return an_account()


@pytest.fixture
def file(account: VersionedAccount, tmp_path: Path) -> Iterator[Path]:
    with serve(account) as url:
        yield write_outputs(tmp_path, url, account, **versioned_outputs(url, account))


def test_a_run_measures_restores_beside_cold_starts_and_puts_everything_back(
    account: VersionedAccount, file: Path, tmp_path: Path
) -> None:
    before = left(account)
    done = bench("--outputs", file, "--out", tmp_path / "run", *AXES)
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert [(one["backend"], one["cold"]["n"], one["cold"]["invalid"]) for one in summary["variants"]] == [
        ("oci", 2, 0), ("oci+snapstart", 2, 0),
    ]  # fmt: skip
    assert len(summary["comparisons"]) == 2  # cold and warm, of the one pair
    assert left(account) == before
    assert (account.last, account.most) == (4, 2)  # three rounds, the warm-up among them
    report = (tmp_path / "run" / "report.md").read_text()
    assert "restored from a snapshot" in report
    assert "those of oci+snapstart are the first restores of new snapshots (restore)" in report


def test_versions_of_a_run_that_was_killed_are_taken_away_and_no_others(
    account: VersionedAccount, file: Path, tmp_path: Path
) -> None:
    before = left(account)
    assert bench("--outputs", file, "--out", tmp_path / "run", *AXES).returncode == 0
    lines = (tmp_path / "run" / RESULTS).read_bytes().splitlines(keepends=True)
    (tmp_path / "run" / RESULTS).write_bytes(b"".join(lines[:5]))
    for description in ("bench/run.py x-s1-r001", "bench/run.py x-s1-r002", "released by somebody"):
        account.versions("POST", "/2015-03-31/functions/f/versions", {"Description": description})
    account.alias = "6"
    done = bench("restore", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert "oci+snapstart: put back" in done.stdout
    assert left(account) == (before[0], before[1], before[2] | {"7"})
    again = bench("restore", tmp_path / "run")
    assert "oci+snapstart: already as before" in again.stdout


def test_alias_and_versions_are_as_before_after_kills_at_random_moments(tmp_path: Path) -> None:
    assert [str(kill) for kill in kill_at_random_moments(4, 18, tmp_path, WORLD) if kill.wrong] == []


@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_no_version(
    account: VersionedAccount, file: Path, tmp_path: Path, way: signal.Signals
) -> None:
    before, out = left(account), tmp_path / "run"
    with starting("--outputs", file, "--out", out, *AXES[:2], "--cold", 200, "--warm", 200) as process:
        deadline = time.monotonic() + 60
        while account.last < 4 and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(way)
        process.wait(60)
    assert account.last >= 4
    assert left(account) == before


def test_a_snapshot_that_fails_ends_the_run_with_the_reason(
    account: VersionedAccount, file: Path, tmp_path: Path
) -> None:
    before, account.broken = left(account), True
    done = bench("--outputs", file, "--out", tmp_path / "run", "--backends", "oci+snapstart", "--cold", 1, "--warm", 0)
    assert done.returncode == 4  # nothing was measured
    assert "was not made: the snapshot could not be taken" in done.stderr
    assert left(account) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--backends", "oci+snapstart"), "nothing on this machine restores a snapshot as Lambda does"),
        (("--backends", "efs+snapstart"), "storage"),
        (("--backends", "oci+warm"), "storage"),
    ],
)
def test_what_cannot_be_restored_is_refused_by_name_before_anything_starts(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = bench(*arguments, "--out", tmp_path / "run")
    assert (done.returncode, (tmp_path / "run" / RESULTS).exists()) == (2, False)
    assert said in done.stderr
    assert arguments[1] in done.stderr


def test_load_and_doctor_take_what_is_restored(account: VersionedAccount, file: Path, tmp_path: Path) -> None:
    asked = ("--outputs", file, "--backends", "oci+snapstart")
    loaded = bench("load", *asked, "--rate", 10, "--duration", 1, "--out", tmp_path / "load")
    assert loaded.returncode == 0, loaded.stderr
    assert "oci+snapstart" in (tmp_path / "load" / "load.json").read_text()
    healthy = bench("doctor", *asked)
    assert healthy.returncode == 0, healthy.stdout
    assert "oci+snapstart: snapstart leads to version 1, which has a snapshot" in healthy.stdout
    account.broken = True
    broken = bench("doctor", *asked)
    assert (broken.returncode, "version 1 has no snapshot" in broken.stdout) == (1, True)
    for command in ("load", "doctor"):
        refused = bench(command, "--backends", "oci+snapstart")
        assert (refused.returncode, "oci+snapstart: nothing on this machine" in refused.stderr) == (2, True)


def test_a_function_with_an_alias_is_two_backends_with_paths_of_their_own(account: VersionedAccount) -> None:
    found = parse_outputs(versioned_outputs("http://127.0.0.1:1", account)).backends
    assert [(each.name, each.function_name, each.alias, each.route) for each in found] == [
        ("s3", "model-storage-s3", None, "/s3/similar"),
        ("oci", "model-storage-oci", None, "/oci/similar"),
        ("oci+snapstart", "model-storage-oci", "snapstart", "/oci-snapstart/similar"),
    ]
