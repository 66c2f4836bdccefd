"""What a sound instrument must show."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from model import bundle, incidents
from tests.acceptance.table import Measure, Row
from tests.bench.kills import kill_at_random_moments
from tests.bench.mutations import readers as bench_readers
from tests.lab.attacks import attack, own_page_reaches
from tests.lab.bundles import make_bundle
from tests.lab.labs import lab, read_outputs
from tests.model.readers import readers as product_readers
from tests.support.mutate import LIMIT_BYTES, LIMIT_S, run

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


def pages_and_the_lab() -> Iterator[Row]:
    """Attack a running lab from pages of other sites in Chromium; the lab's own page shows that the means work."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with lab(make_bundle(folder / "bundle"), folder, "--json", "--backends", "oci") as process:
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


def mutated_inputs() -> Iterator[Row]:
    """Every reader gets its share of the inputs; each input is read under a limit of time and of memory."""
    inputs = 20_000
    with tempfile.TemporaryDirectory() as directory:
        tiny = Path(directory) / "tiny"
        options = bundle.Options(bundle.LONGFORMER, "synthetic", incidents.SAMPLE, tiny, tiny=True)
        bundle.build(options, Console(quiet=True))
        readers = [*bench_readers(), *product_readers(tiny)]
        share = -(-inputs // len(readers))
        failures = [failure for reader in readers for failure in run(reader, share, SEED)]
    ends = sorted({f"; {failure.reader}: {failure.what.strip().splitlines()[-1]}" for failure in failures})
    yield Row(
        f"{inputs:,} mutated inputs over all readers (at most {LIMIT_S:g} s and {LIMIT_BYTES >> 20} MB each)",
        "no traceback, no hang",
        f"{len(failures)} of {share * len(readers):,} over {len(readers)} readers{''.join(ends)}",
        not failures,
    )


MEASURES: list[Measure] = [nothing_left_changed, pages_and_the_lab, mutated_inputs]
