"""Ends runs at random moments in every way, then resumes or restores, and checks that the functions are as before."""

from __future__ import annotations

import copy
import fcntl
import os
import random
import signal
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.runs.store import read_run
from contract.checkout import ROOT
from tests.bench.support.command import RUN, bench, starting, write_outputs
from tests.bench.support.simulator import Account, Truth, serve
from tests.support.forked import Copy

AXES = ["--backends", "s3,oci", "--memory", "512,1024", "--engines", "transformers", "--cold", "2", "--warm", "2"]
Way = Callable[[Sequence[str], Path, float], None]
_LIMIT_S = 60
_AT_ONCE = 2


@dataclass(frozen=True)
class Kill:
    """One attempt: how the run was ended, when (s after start or first line), how it was repaired, what was wrong."""

    way: str
    moment_s: float
    mended: str
    wrong: str | None

    def __str__(self) -> str:
        return f"{self.way} after {self.moment_s:.2f} s, {self.mended}: {self.wrong or 'as before'}"


@dataclass(frozen=True)
class World:
    """What is killed: a new account, everything in it that a run could have changed, its outputs, the run's options."""

    account: Callable[[], Any]
    state: Callable[[Any], object]
    outputs: Callable[[str, Any], Mapping[str, Any]]
    axes: Sequence[str]


def kill_at_random_moments(count: int, seed: int, directory: Path, world: World | None = None) -> list[Kill]:
    """End `count` runs at a random moment: every fifth within its whole life, the others after their first line."""
    world = world or World(an_account, state, lambda url, account: {}, AXES)
    begun_s, length_s = _undisturbed(directory / "whole", world)
    rng = random.Random(seed)
    plans = []
    for number in range(count):
        from_start = number % 5 == 4
        moment = rng.uniform(0, length_s if from_start else length_s - begun_s)
        plans.append((list(WAYS)[number % len(WAYS)], from_start, moment, rng.choice(("resume", "restore"))))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(lambda item: _attempt(world, *item[1], directory / str(item[0])), enumerate(plans)))


def an_account() -> Account:
    """Functions that differ in what a run changes: in memory size, and in whether an engine is set."""
    account = Account(Truth(lambda backend, engine, rng: 20.0, lambda backend, engine, rng: 4.0), ("s3", "oci"))
    account.functions["s3"].memory_mb = 3008
    account.functions["oci"].variables["ENGINE"] = "onnx"
    return account


def state(account: Account) -> dict[str, tuple[dict[str, str], int]]:
    """Everything in the functions that a run could have changed."""
    return {name: (copy.deepcopy(f.variables), f.memory_mb) for name, f in account.functions.items()}


def _undisturbed(directory: Path, world: World) -> tuple[float, float]:
    """After how many seconds a run writes its first line, and ends."""
    account = world.account()
    with serve(account) as url:
        started, started_utc = time.monotonic(), time.time()
        file = write_outputs(directory, url, account, **world.outputs(url, account))
        done = bench("--outputs", file, "--out", directory / "run", *world.axes)
        length_s = time.monotonic() - started
    if done.returncode:
        raise RuntimeError(f"the undisturbed run ended with {done.returncode}: {done.stderr}")
    first = read_run(directory / "run").first.utc
    return datetime.fromisoformat(first).timestamp() - started_utc, length_s


def _attempt(world: World, way: str, from_start: bool, moment_s: float, mend: str, directory: Path) -> Kill:
    account, state = world.account(), world.state
    before = state(account)
    with serve(account) as url:
        file = write_outputs(directory, url, account, **world.outputs(url, account))
        run = directory / "run"
        begun = file if from_start else run / "results.jsonl"
        WAYS[way](["--outputs", str(file), "--out", str(run), *world.axes], begun, moment_s)
        if way != "kill -9" and state(account) != before:
            return Kill(way, moment_s, "by itself", f"{state(account)} instead of {before}")
        if not (run / "results.jsonl").exists():
            return Kill(way, moment_s, "nothing begun", None if state(account) == before else "changed, without record")
        done = bench("--outputs", file, "--resume", run) if mend == "resume" else bench("restore", run)
        again = bench("restore", run)
    wrong = [
        f"{done.args[2:]} ended with {done.returncode}: {done.stderr}" for done in (done, again) if done.returncode
    ]
    if state(account) != before:
        wrong.append(f"{state(account)} instead of {before}")
    return Kill(way, moment_s, mend, "; ".join(wrong) or None)


def _kill(number: signal.Signals) -> Way:
    def end(arguments: Sequence[str], begun: Path, moment_s: float) -> None:
        with starting(*arguments) as process:
            _let_run(process, begun, moment_s)
            process.send_signal(number)
            process.wait(_LIMIT_S)

    return end


def _close_terminal(arguments: Sequence[str], begun: Path, moment_s: float) -> None:
    """Run `bench/run.py` in its own terminal and close the other side, as a dropped connection does."""
    master, slave = os.openpty()

    def take_terminal() -> None:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    with subprocess.Popen(
        [*RUN, *arguments],
        cwd=ROOT,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        preexec_fn=take_terminal,
    ) as process:
        os.close(slave)
        os.set_blocking(master, False)
        _let_run(process, begun, moment_s, lambda: _drain(master))
        os.close(master)
        try:
            process.wait(_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def _let_run(
    process: Copy | subprocess.Popen[bytes], begun: Path, moment_s: float, tick: Callable[[], object] = int
) -> None:
    """Wait for a time after the file `begun` appeared, or until the process ended by itself."""
    deadline: float | None = None
    while process.poll() is None and (deadline is None or time.monotonic() < deadline):
        if deadline is None and begun.exists():
            deadline = time.monotonic() + moment_s
        tick()
        time.sleep(0.005)


def _drain(master: int) -> None:
    try:
        os.read(master, 65536)
    except OSError:  # nothing there, or the other side has ended
        return


WAYS: dict[str, Way] = {
    "kill -9": _kill(signal.SIGKILL),
    "SIGHUP": _kill(signal.SIGHUP),
    "closed terminal": _close_terminal,
}
