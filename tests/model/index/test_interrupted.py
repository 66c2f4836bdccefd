"""After kill -9 at random moments embedded texts are not embedded again, and the index is the same to the last byte."""

from __future__ import annotations

import random
import re
import signal
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

from contract import bundle as files
from model.base import publish
from similarity.bundle.manifest import check
from tests.model.support import snapshots
from tests.model.support.command import indexing
from tests.support.forked import Copy

REPORTS = 400
KILLS = 3
TIMEOUT = 300.0


def ended(process: Copy) -> str:
    """What it has said when it has ended by itself, with success."""
    with process:
        assert process.wait(TIMEOUT) == 0
        return process.written()[1]


def embedded(folder: Path) -> int:
    """How many embeddings the cache holds."""
    for path in (folder / "cache").glob("*.sqlite3"):
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(path, timeout=10)) as cache:
            return int(cache.execute("SELECT count(*) FROM embeddings").fetchone()[0])
    return 0


def new_texts(said: str) -> int:
    found = re.search(r"([\d,]+) new texts", said)
    assert found, said
    return int(found[1].replace(",", ""))


def test_killed_runs_lose_and_repeat_nothing(tiny_bundle: Path, tmp_path: Path) -> None:
    source = snapshots.corpus(tmp_path / "source", REPORTS, seed=5)
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
    assert new_texts(ended(indexing(source, tiny_bundle, tmp_path / "whole"))) == REPORTS

    folder, chance = tmp_path / "killed", random.Random(11)
    for _ in range(KILLS):
        before = embedded(folder)
        goal = before + chance.randint(1, (REPORTS - before) // 3)
        with indexing(source, tiny_bundle, folder) as process:
            deadline = time.monotonic() + TIMEOUT
            while embedded(folder) < goal:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.002)
            process.send_signal(signal.SIGKILL)
            process.wait(TIMEOUT)
            said = process.written()[1]
        assert new_texts(said) == REPORTS - before, "exactly those are embedded that were not"
        assert goal <= embedded(folder)
        assert not (folder / "out").exists()
    before = embedded(folder)
    assert 0 < before < REPORTS
    assert new_texts(ended(indexing(source, tiny_bundle, folder))) == REPORTS - before
    assert embedded(folder) == REPORTS
    for name in (files.VECTORS, files.INCIDENTS, files.MANIFEST):
        assert (folder / "out" / name).read_bytes() == (tmp_path / "whole" / "out" / name).read_bytes()
    assert {path.name for path in folder.iterdir()} == {"out", "cache", ".out.lock"}


def test_a_kill_while_the_bundle_is_replaced_leaves_a_good_one(tiny_bundle: Path, tmp_path: Path) -> None:
    """All embeddings exist already, so the kills hit writing and swapping."""
    sources = [snapshots.corpus(tmp_path / f"source-{n}", 30 + 10 * n, seed=n) for n in range(2)]
    good = []
    for source in sources:
        ended(indexing(source, tiny_bundle, tmp_path))
        good.append((tmp_path / "out" / files.MANIFEST).read_bytes())
    assert good[0] != good[1]
    chance = random.Random(3)
    for attempt in range(4):
        with indexing(sources[attempt % 2], tiny_bundle, tmp_path) as process:
            process.wait_until_said("writing", TIMEOUT)
            time.sleep(chance.uniform(0, 0.01))
            process.send_signal(signal.SIGKILL)
            process.wait(TIMEOUT)
        with publish.work_directory(tmp_path / "out"):  # what the next run does first
            manifest = publish.existing(tmp_path / "out")
            assert manifest is not None
            assert manifest.to_json().encode() in good
            for name in (files.VECTORS, files.INCIDENTS):
                check(manifest.files[name], name, (tmp_path / "out" / name).read_bytes())
