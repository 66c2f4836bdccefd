"""A run keeps environments ready for as long as it asks them, and leaves nothing behind, however it ends."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.runs.judge import OK, judge_run
from bench.runs.store import RESULTS, read_run
from tests.bench.support.command import bench, starting, write_outputs
from tests.bench.support.kept_ready import WORLD, ReadyAccount, an_account, left, ready_outputs
from tests.bench.support.kills import kill_at_random_moments
from tests.bench.support.simulator import outputs, serve

AXES = ("--backends", "oci", "--arms", "invoke", "--provisioned", "2", "--cold", "2", "--warm", "2")

_SPILLED = "its environment was initialised while it waited: it spilled over what is kept ready"


@pytest.fixture
def account() -> ReadyAccount:
    return an_account()


@pytest.fixture
def file(account: ReadyAccount, tmp_path: Path) -> Iterator[Path]:
    with serve(account) as url:
        yield write_outputs(tmp_path, url, account, **ready_outputs(url, account))


def test_a_run_measures_what_is_kept_ready_and_puts_everything_back(
    account: ReadyAccount, file: Path, tmp_path: Path
) -> None:
    before = left(account)
    done = bench("--outputs", file, "--out", tmp_path / "run", *AXES, "--yes")
    assert done.returncode == 0, done.stderr
    (row,) = json.loads((tmp_path / "run" / "summary.json").read_text())["other_cold_starts"]
    assert (row["kind"], row["requests"], row["invalid"], row["failed"]) == ("provisioned", 4, 0, 0)
    assert left(account) == before
    assert (account.last, account.most) == (2, 1)


def test_what_spills_over_is_found(account: ReadyAccount, file: Path, tmp_path: Path) -> None:
    account.spills = True
    done = bench("--outputs", file, "--out", tmp_path / "run", *AXES, "--yes")
    (row,) = json.loads((tmp_path / "run" / "summary.json").read_text())["other_cold_starts"]
    assert (done.returncode, row["requests"], row["invalid"]) == (0, 4, 2)
    reasons = [item.reasons for item in judge_run(read_run(tmp_path / "run")) if item.status != OK]
    assert reasons == [("its environment was made by 'on-demand', not by 'provisioned-concurrency'", _SPILLED)] * 2


def test_it_is_not_begun_without_leave_to_spend(account: ReadyAccount, file: Path, tmp_path: Path) -> None:
    done = bench("--outputs", file, "--out", tmp_path / "run", *AXES, "--spend", "0.001")
    assert (done.returncode, account.updates, account.last) == (2, 0, 0)


def test_what_lambda_does_not_provide_ends_the_run_with_the_reason(
    account: ReadyAccount, file: Path, tmp_path: Path
) -> None:
    before, account.fails = left(account), True
    done = bench("--outputs", file, "--out", tmp_path / "run", *AXES, "--yes")
    assert done.returncode != 0
    assert "gets no provisioned concurrency: too little concurrency" in done.stderr
    assert left(account) == before


def test_an_interrupted_run_leaves_nothing_ready(account: ReadyAccount, file: Path, tmp_path: Path) -> None:
    before = left(account)
    with starting("--outputs", file, "--out", tmp_path / "run", *AXES, "--yes") as process:
        deadline = time.monotonic() + 60
        while not account.ready["oci"] and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        process.wait(60)
    assert account.last == 1
    assert left(account) == before


def test_what_a_killed_run_kept_ready_is_given_back_by_restore(
    account: ReadyAccount, file: Path, tmp_path: Path
) -> None:
    before = left(account)
    assert bench("--outputs", file, "--out", tmp_path / "run", *AXES, "--yes").returncode == 0
    lines = (tmp_path / "run" / RESULTS).read_bytes().splitlines(keepends=True)
    (tmp_path / "run" / RESULTS).write_bytes(b"".join(lines[:5]))
    account.published["oci"]["7"], account.ready["oci"]["7"] = "bench/run.py x-s1-r001", 2
    account.ready["oci"]["0"] = 1  # somebody else's
    done = bench("restore", tmp_path / "run")
    assert (done.returncode, "oci: put back" in done.stdout) == (0, True), done.stderr
    assert left(account) == (before[0], before[1], {"s3": {}, "oci": {"0": 1}})
    assert "oci: already as before" in bench("restore", tmp_path / "run").stdout


def test_nothing_is_left_after_kills_at_random_moments(tmp_path: Path) -> None:
    assert [str(kill) for kill in kill_at_random_moments(3, 18, tmp_path, WORLD) if kill.wrong] == []


def test_the_lab_and_functions_with_snapshots_are_refused_before_anything_starts(
    account: ReadyAccount, file: Path, tmp_path: Path
) -> None:
    done = bench(*AXES, "--out", tmp_path / "own")
    assert (done.returncode, "the lab has nothing like provisioned concurrency" in done.stderr) == (2, True)
    lab = tmp_path / "lab.json"
    lab.write_text(json.dumps(outputs("http://127.0.0.1:1", "http://127.0.0.1:1", account)))
    done = bench("--outputs", lab, *AXES, "--out", tmp_path / "lab")
    assert (done.returncode, "the lab has nothing like provisioned concurrency" in done.stderr) == (2, True)
    found = json.loads(file.read_text())
    found["backends"]["oci"]["snapshotAlias"] = "snapstart"
    file.write_text(json.dumps(found))
    done = bench("--outputs", file, *AXES, "--out", tmp_path / "both", "--yes")
    assert (done.returncode, "Lambda offers the one or the other" in done.stderr) == (2, True)
    assert account.updates == 0
