"""However a run ends, its functions are restored: by the run itself, by resuming, or by `restore`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.process import signals
from bench.runs.records import SCHEMA
from bench.runs.store import RESULTS, read_run
from tests.bench.support.command import bench, write_outputs
from tests.bench.support.kills import an_account, kill_at_random_moments, state
from tests.bench.support.simulator import Account, outputs, serve

AXES = ("--backends", "s3,oci", "--memory", "512", "--cold", 1, "--warm", 1)


@pytest.fixture
def account() -> Account:
    return an_account()


@pytest.fixture
def file(account: Account, tmp_path: Path) -> Iterator[Path]:
    with serve(account) as url:
        yield write_outputs(tmp_path, url, account)


def killed(file: Path, out: Path, account: Account) -> None:
    """A run that died in the middle: its records, and the state of its functions."""
    assert bench("--outputs", file, "--out", out, *AXES).returncode == 0
    lines = (out / RESULTS).read_bytes().splitlines(keepends=True)
    (out / RESULTS).write_bytes(b"".join(lines[:9]))
    account.update("s3", {**account.functions["s3"].variables, "CONFIG_NONCE": "old-s1-r1", "ENGINE": "onnx"}, 512)


def test_functions_are_as_before_after_kills_at_random_moments(tmp_path: Path) -> None:
    assert [str(kill) for kill in kill_at_random_moments(6, 20, tmp_path) if kill.wrong] == []


def test_the_originals_are_recorded_before_the_first_change_and_hold_nothing_else(
    account: Account, file: Path, tmp_path: Path
) -> None:
    account.functions["s3"].variables["DATABASE_PASSWORD"] = "hunter22"
    killed(file, tmp_path / "run", account)
    first = json.loads((tmp_path / "run" / RESULTS).read_text().splitlines()[0])
    assert first["kind"] == "session"
    assert first["originals"]["s3"] == {
        "memory_mb": 3008, "timeout_s": 30, "variables": {"CONFIG_NONCE": None, "ENGINE": None}, "version": None,
        "direct_reads": None,
    }  # fmt: skip
    assert first["originals"]["oci"]["variables"]["ENGINE"] == "onnx"
    assert "hunter22" not in (tmp_path / "run" / RESULTS).read_text()


def test_restore_puts_back_names_what_it_did_and_does_nothing_twice(
    account: Account, file: Path, tmp_path: Path
) -> None:
    before = state(account)
    killed(file, tmp_path / "run", account)
    updates = account.updates
    done = bench("restore", tmp_path / "run")
    assert (done.returncode, state(account)) == (0, before), done.stderr
    assert "s3: put back (3008 MB" in done.stdout
    assert "oci: already as before" in done.stdout
    again = bench("restore", tmp_path / "run", "--outputs", file)
    assert (again.returncode, account.updates) == (0, updates + 1), again.stderr


def test_resume_takes_the_originals_of_the_first_session(account: Account, file: Path, tmp_path: Path) -> None:
    before = state(account)
    killed(file, tmp_path / "run", account)
    done = bench("--resume", tmp_path / "run")  # the target also comes from the record
    assert (done.returncode, state(account)) == (0, before), done.stderr
    first, second = read_run(tmp_path / "run").sessions
    assert second.originals == first.originals


def test_a_run_killed_after_its_last_request_is_put_back_by_resuming(
    account: Account, file: Path, tmp_path: Path
) -> None:
    before = state(account)
    killed(file, tmp_path / "run", account)
    assert bench("--resume", tmp_path / "run").returncode == 0
    lines = (tmp_path / "run" / RESULTS).read_bytes().splitlines(keepends=True)
    (tmp_path / "run" / RESULTS).write_bytes(b"".join(lines[:-1]))
    account.update("s3", {}, 512)
    account.update("s3", {**before["s3"][0], "CONFIG_NONCE": "x"}, 512)
    assert bench("--resume", tmp_path / "run").returncode == 0
    assert state(account) == before


def test_a_target_that_is_gone_is_3_and_a_lab_of_its_own_needs_nothing(
    account: Account, file: Path, tmp_path: Path
) -> None:
    killed(file, tmp_path / "run", account)
    gone = tmp_path / "gone.json"
    gone.write_text(json.dumps(outputs("http://127.0.0.1:9", "http://127.0.0.1:9", account)))
    done = bench("restore", tmp_path / "run", "--outputs", gone)
    assert done.returncode == 3
    assert "s3: reading the configuration" in done.stderr
    change_first(tmp_path / "run", source={"lab": "started for the run", "cache": "cold"})
    assert bench("restore", tmp_path / "run").returncode == 0


def test_doctor_and_run_warn_of_the_nonce_of_another_run(account: Account, file: Path, tmp_path: Path) -> None:
    account.functions["s3"].variables["CONFIG_NONCE"] = "old-s1-r1"
    before = state(account)
    doctor = bench("doctor", "--outputs", file)
    assert "old-s1-r1" in doctor.stdout
    assert "restore DIR" in doctor.stdout
    run = bench("--outputs", file, "--out", tmp_path / "run", *AXES)
    assert (run.returncode, state(account)) == (0, before)
    assert "warning: s3 carries the CONFIG_NONCE of a run (old-s1-r1)" in run.stderr


def test_records_of_an_earlier_version_are_read_and_resumed_with_a_warning(
    account: Account, file: Path, tmp_path: Path
) -> None:
    killed(file, tmp_path / "run", account)
    change_first(tmp_path / "run", source=None, originals=None)
    assert read_run(tmp_path / "run").first.schema == SCHEMA
    refused = bench("restore", tmp_path / "run", "--outputs", file)
    assert refused.returncode == 2
    assert "no record" in refused.stderr
    done = bench("--outputs", file, "--resume", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert "no record of how the functions were" in done.stderr
    assert "old-s1-r1" in done.stderr


def change_first(directory: Path, **changes: object) -> None:
    """The session record with other values; None takes a field out."""
    path = directory / RESULTS
    first, *others = path.read_text().splitlines()
    changed = {name: value for name, value in {**json.loads(first), **changes}.items() if value is not None}
    path.write_text("\n".join([json.dumps(changed), *others]) + "\n")


def test_signals_that_come_while_things_are_put_back_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    handlers = {number: signals.signal.getsignal(number) for number in signals._ENDING}
    try:
        signals.end_politely()
        for number in signals._ENDING:
            with signals.undisturbed(), signals.deferred():
                signals.signal.raise_signal(number)
            done: list[int] = []
            with pytest.raises(KeyboardInterrupt):
                interrupted_while_deferred(number, done)
            assert done == [number]
            with pytest.raises(KeyboardInterrupt):
                signals.signal.raise_signal(number)
    finally:
        for number, handler in handlers.items():
            signals.signal.signal(number, handler)


def interrupted_while_deferred(number: signals.signal.Signals, done: list[int]) -> None:
    with signals.deferred():
        signals.signal.raise_signal(number)
        done.append(number)
