"""Measures that honest restores are measurements, and that every lie about one is found, in simulated runs."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.runs.judge import OK
from tests.acceptance.table import Measure, Row
from tests.bench.support.kills import kill_at_random_moments
from tests.bench.support.restoring import COLD_LIES, WARM_LIES, Restoring, judged
from tests.bench.support.versioned import WORLD

ROUNDS, WARM, KILLS = 120, 1, 15
_VISIT = 1 + WARM  # requests


def honest_and_lying() -> Iterator[Row]:
    """A run without a lie for each form of the log, and runs in which a third of the visits tell one lie each."""
    for form, json_logs in (("text", False), ("JSON", True)):
        with tempfile.TemporaryDirectory() as folder:
            found = judged(Restoring(json_logs=json_logs), Path(folder), ROUNDS, WARM)
        good = sum(item.status == OK for item in found)
        yield Row(
            f"honest restored samples, logs as {form}", "all ok", f"{good} of {len(found)} ok", good == len(found)
        )
    told = _lies(seed=18)
    with tempfile.TemporaryDirectory() as folder:
        found = judged(Restoring(told), Path(folder), ROUNDS, WARM)
    missed = [lie for number, lie in told.items() if found[number].status == OK]
    kinds = len(set(told.values()))
    not_found = f": not {', '.join(missed)}" if missed else ""
    blamed = sum(item.status != OK for number, item in enumerate(found) if number // _VISIT not in _visits(told))
    yield Row(
        f"restored samples with lying witnesses, {kinds} kinds of lies",
        "every lie found, no honest visit blamed",
        f"{len(told) - len(missed)} of {len(told)} found{not_found}; {blamed} blamed",
        kinds == len(COLD_LIES) + len(WARM_LIES) and not missed and not blamed,
    )


def _lies(seed: int) -> dict[int, str]:
    """Every third visit lies once: in its restored request, or in the warm one after it. All kinds are told."""
    rng = random.Random(seed)
    visits = range(1, ROUNDS + 1, 3)
    kinds = (COLD_LIES + WARM_LIES) * (len(visits) // len(COLD_LIES + WARM_LIES) + 1)
    mixed = rng.sample(kinds[: len(visits)], len(visits))
    return {visit * _VISIT + (lie in WARM_LIES): lie for visit, lie in zip(visits, mixed, strict=True)}


def _visits(told: dict[int, str]) -> set[int]:
    return {number // _VISIT for number in told}


def nothing_left_published() -> Iterator[Row]:
    """Runs with snapshots on a simulated account, ended in three ways; alias, versions and configuration afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        kills = kill_at_random_moments(KILLS, 18, Path(folder), WORLD)
    wrong = [str(kill) for kill in kills if kill.wrong]
    begun = sum(kill.mended != "nothing begun" for kill in kills)
    measured = f"{len(kills) - len(wrong)} of {len(kills)} as before ({begun} after the first change)"
    yield Row(
        f"kill -9, SIGHUP, closed pty at {KILLS} random moments of a run with snapshots",
        "alias, versions and functions as before, always",
        "; ".join([measured, *wrong]),
        len(kills) == KILLS and not wrong and begun > KILLS // 2,
    )


MEASURES: tuple[Measure, ...] = (honest_and_lying, nothing_left_published)
