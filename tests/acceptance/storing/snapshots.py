"""Measures that copies of one snapshot have nothing in common that must differ, on copies of an initialised process."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.acceptance.table import Measure, Row
from tests.images.support.copied_process import Copy, copies
from tests.support.tiny import make_tiny_bundle

RESTORES = 200


def restores_of_one_snapshot() -> Iterator[Row]:
    """A copied process is not Lambda's restore: it proves hooks, identity and witnesses, and no times."""
    with tempfile.TemporaryDirectory() as folder:
        bundle = make_tiny_bundle(Path(folder))
        with_hooks, without = copies(bundle, RESTORES), copies(bundle, RESTORES, hooks="none")
    equal = _equal(with_hooks)
    yield Row(
        f"{RESTORES} restores of one snapshot (copied processes): equal environment ids, random numbers, nonces",
        "none",
        f"{equal} of {3 * len(with_hooks)}",
        len(with_hooks) == RESTORES and equal == 0,
    )
    said = sum((each.status, each.initialization, each.invocation) == ("ok", "snap-start", "1") for each in with_hooks)
    yield Row("copies that are loaded, say that they were restored, and count from there", "all",
              f"{said} of {len(with_hooks)}", said == RESTORES)  # fmt: skip
    found = _equal(without)
    yield Row("the same without the hooks: equal environment ids and random numbers", "all found",
              f"{found} of {2 * len(without)}", found == 2 * RESTORES)  # fmt: skip


def _equal(found: Sequence[Copy]) -> int:
    """How many values of a kind another copy has, too."""
    kinds = [[getattr(each, kind) for each in found] for kind in ("environment_id", "random_number", "nonce")]
    return sum(kind.count(value) > 1 for kind in kinds for value in kind)


MEASURES: tuple[Measure, ...] = (restores_of_one_snapshot,)
