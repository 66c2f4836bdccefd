"""Measures the rows on soundness: intervals, failures, bills, restored functions, attacks, damaged inputs."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.acceptance.table import Measure, Row
from tests.bench.support.coverage import PROCESSES, TRUTH_MS, Bimodal, bill_coverage, false_alarms, median_coverage
from tests.bench.support.failing import command, failing, measured
from tests.bench.support.kills import kill_at_random_moments
from tests.bench.support.mutations import readers as bench_readers
from tests.images.support import replacing
from tests.lab.support.attacks import attack, own_page_reaches
from tests.lab.support.bundles import make_bundle
from tests.model.support.readers import readers as product_readers
from tests.support.labs import read_outputs, started
from tests.support.mutate import LIMIT_BYTES, LIMIT_S, run
from tests.support.tiny import make_tiny_bundle

SEED = 13
RUNS = 600
BILLS = 500


def medians_are_covered() -> Iterator[Row]:
    """The coverage of the warm median's interval for the truth of each process."""
    for process in PROCESSES:
        least = 0.90 if process.phi >= 0.9 else 0.93
        held = median_coverage(process.draw, TRUTH_MS, RUNS, SEED)
        must = "at least 90 %" if process.phi >= 0.9 else "93-97 %"
        met = held >= least and (process.phi >= 0.9 or held <= 0.97)
        yield Row(f"warm median, 10 visits x 6, {process.name}: interval covers", must, f"{held:.1%}", met)


def equal_runs_are_equal() -> Iterator[Row]:
    """Families of three warm rows in which `compare` reports a change, although there is none."""
    for process in PROCESSES:
        alarms = false_alarms(process.draw, RUNS, SEED)
        yield Row(f"compare of equal runs, {process.name}: false alarms", "<= 5 %", f"{alarms:.1%}", alarms <= 0.05)


def failures_are_answers() -> Iterator[Row]:
    """Failures planted on one backend, and how `report` and `choose` treat them."""
    for percent in (5, 20, 40):
        with tempfile.TemporaryDirectory() as place:
            directory = measured(Path(place), failing("s3", percent))
            reported, report = command("report", directory)
            true_share = 1 - percent / 100
            asked = ("--requests-per-hour", 36000, "--objective", 1000, "--share", true_share + 0.01, "--json")
            chosen, text = command("choose", directory, *asked)
            summary = json.loads((directory / "summary.json").read_text())
        option = next(each for each in json.loads(text)["options"] if each["name"] == "s3")
        answered = next(item["warm"]["answered_share"] for item in summary["variants"] if item["backend"] == "s3")
        printed = f"{answered:.1%}" in report
        met = reported == chosen == 4 and printed and not option["meets"] and option["within_low"] <= true_share
        yield Row(
            f"{percent} % failures planted on s3",
            "not recommended above its true share; exit 4; share printed",
            f"shown within: {option['within_low']:.1%}, {option['verdict']}; exit {reported} and {chosen}; "
            f"answered {answered:.1%} {'printed' if printed else 'NOT printed'}",
            met,
        )


def bills_are_means() -> Iterator[Row]:
    """The coverage of the interval of a request's cost for the true mean, 60 % of 10 ms and 40 % of 400 ms."""
    cases = (
        ("warm requests", Bimodal(), 6),
        ("cold starts", Bimodal(), 1),
        ("warm, whole visits slow", Bimodal(by_visit=True), 6),
    )
    for name, backend, per_visit in cases:
        held = bill_coverage(backend, per_visit, BILLS, SEED)
        yield Row(f"cost on a bimodal backend, {name}: interval covers", ">= 93 %", f"{held:.1%}", held >= 0.93)


def nothing_left_changed() -> Iterator[Row]:
    """Runs on a simulated account, ended in three ways in turn, and afterwards every function's whole configuration."""
    moments = 30
    with tempfile.TemporaryDirectory() as scratch:
        kills = kill_at_random_moments(moments, SEED, Path(scratch))
    wrong = [kill for kill in kills if kill.wrong]
    begun = sum(kill.mended != "nothing begun" for kill in kills)
    yield Row(
        f"kill -9, SIGHUP, closed pty at {moments} random moments, then resume or restore",
        "functions as before, always",
        f"{len(kills) - len(wrong)} of {len(kills)} as before ({begun} after the first change)"
        + "".join(f"; {kill}" for kill in wrong),
        len(kills) == moments and not wrong and begun > moments // 2,
    )


def pages_and_the_lab() -> Iterator[Row]:
    """Attack a running lab from pages of other sites in Chromium; the lab's own page shows that attacks work."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with started(make_bundle(folder / "bundle"), folder, "--json", "--backends", "oci") as process:
            outputs = read_outputs(process)
            outcome, own = attack(outputs), own_page_reaches(outputs)
            process.terminate()
            process.wait(60)
    yield Row(
        "cross-site and rebinding requests that reached a function or a configuration",
        "0",
        f"{', '.join(outcome.reached) or 0}, of {outcome.sent} sent ({own} from the lab's own page did)",
        not outcome.reached and own > 0,
    )


def replaced_objects() -> Iterator[Row]:
    """The bundle is replaced at every request of a start, and of the answers after it."""
    with tempfile.TemporaryDirectory() as directory:
        before = replacing.read(make_tiny_bundle(Path(directory)))
    after = replacing.other(before)
    right = [replacing.answers(before), replacing.answers(after)]
    moments = range(replacing.requests_of(before, replacing.TEXTS) + 1)
    scripts = [replacing.replaced(before, after, at) for at in moments]
    wrong = [problem for script in scripts for problem in replacing.mixtures(script, after, right)]
    yield Row(
        "S3 object replaced at each request of the plan, after loading, across a restart",
        "A or B, never a mixture; recovers without a restart",
        f"{len(wrong)} wrong of {len(moments)} moments {wrong[:3] if wrong else ''}".rstrip(),
        not wrong and len(moments) > 1,
    )


def mutated_inputs() -> Iterator[Row]:
    """Every reader gets its share of the inputs; each input is read under a limit of time and of memory."""
    inputs = 20_000
    with tempfile.TemporaryDirectory() as directory:
        readers = [*bench_readers(), *product_readers(make_tiny_bundle(Path(directory)))]
        share = -(-inputs // len(readers))
        failures = [failure for reader in readers for failure in run(reader, share, SEED)]
    ends = sorted({f"; {failure.reader}: {failure.what.strip().splitlines()[-1]}" for failure in failures})
    yield Row(
        f"{inputs:,} mutated inputs over all readers (at most {LIMIT_S:g} s and {LIMIT_BYTES >> 20} MB each)",
        "no traceback, no hang",
        f"{len(failures)} of {share * len(readers):,} over {len(readers)} readers{''.join(ends)}",
        not failures,
    )


MEASURES: list[Measure] = [
    medians_are_covered,
    equal_runs_are_equal,
    failures_are_answers,
    bills_are_means,
    nothing_left_changed,
    replaced_objects,
    pages_and_the_lab,
    mutated_inputs,
]
