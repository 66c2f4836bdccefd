"""Measures that every spill-over from provisioned concurrency is found in simulated runs, and that nothing is left."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.runs.judge import OK
from tests.acceptance.table import Measure, Row
from tests.bench.support.kept_ready import LIES, WORLD, KeptReady, judged
from tests.bench.support.kills import kill_at_random_moments

ROUNDS, READY, KILLS = 60, 4, 10


def honest_and_lying() -> Iterator[Row]:
    """An honest run, and one in which a quarter of the requests lie."""
    with tempfile.TemporaryDirectory() as folder:
        found = judged(KeptReady(shares=True), Path(folder), ROUNDS, READY)
    good = sum(item.status == OK for item in found)
    yield Row("honest requests to what is kept ready", "all ok", f"{good} of {len(found)} ok", good == len(found))
    rng = random.Random(18)
    told = {READY * number + rng.randrange(READY): LIES[number % len(LIES)] for number in range(1, ROUNDS)}
    with tempfile.TemporaryDirectory() as folder:
        found = judged(KeptReady(told), Path(folder), ROUNDS, READY)
    blamed = [item.sample.round for item in found if item.status != OK]
    lied = [number // READY + 1 for number in told]
    yield Row(
        f"requests with lying witnesses, {len(set(told.values()))} kinds of lies, spill-over among them",
        "every lie found, nothing else blamed",
        f"{len(set(blamed) & set(lied))} of {len(told)} found; {len(blamed) - len(lied)} blamed",
        sorted(blamed) == sorted(lied) and set(told.values()) == set(LIES),
    )


def nothing_left_ready() -> Iterator[Row]:
    """Runs on a simulated account, ended in three ways; provisioned concurrency, versions, configuration afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        kills = kill_at_random_moments(KILLS, 18, Path(folder), WORLD)
    wrong = [str(kill) for kill in kills if kill.wrong]
    yield Row(
        f"kill -9, SIGHUP, closed pty at {KILLS} random moments of a run with --provisioned",
        "nothing kept ready, versions and functions as before, always",
        "; ".join([f"{len(kills) - len(wrong)} of {len(kills)} as before", *wrong]),
        len(kills) == KILLS and not wrong,
    )


MEASURES: tuple[Measure, ...] = (honest_and_lying, nothing_left_ready)
