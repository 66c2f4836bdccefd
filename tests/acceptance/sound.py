"""What a sound instrument must show."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tests.acceptance.table import Measure, Row


def pages_and_the_lab() -> Iterator[Row]:
    """Attack a running lab from pages of other sites in Chromium; the lab's own page shows that the means work."""
    from tests.lab.attacks import attack, own_page_reaches
    from tests.lab.bundles import make_bundle
    from tests.lab.labs import lab, read_outputs

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundle = make_bundle(folder / "bundle")
        with lab(bundle, folder, "--json", "--backends", "oci") as process:
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


MEASURES: list[Measure] = [pages_and_the_lab]
from tests.bench.kills import kill_at_random_moments
from tests.bench.mutations import readers as bench_readers
from tests.support.mutate import LIMIT_BYTES, LIMIT_S, Reader, run

SEED = 13


def nothing_left_changed() -> Iterator[Row]:
    """Runs against a planted account, ended in three ways in turn; then every function's whole configuration."""
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


def mutated_inputs() -> Iterator[Row]:
    """Every reader gets its share of the inputs; each input is read under a limit of time and of memory."""
    inputs = 20_000
    readers = [reader for registry in READERS for reader in registry()]
    share = -(-inputs // len(readers))
    failures = [failure for reader in readers for failure in run(reader, share, SEED)]
    ends = sorted({f"; {failure.reader}: {failure.what.strip().splitlines()[-1]}" for failure in failures})
    yield Row(
        f"{inputs:,} mutated inputs over all readers (at most {LIMIT_S:g} s and {LIMIT_BYTES >> 20} MB each)",
        "no traceback, no hang",
        f"{len(failures)} of {share * len(readers):,} over {len(readers)} readers{''.join(ends)}",
        not failures,
    )


READERS: list[Callable[[], Iterable[Reader]]] = [bench_readers]
MEASURES: list[Measure] = [nothing_left_changed, mutated_inputs]
