"""Measures that copies of one snapshot have nothing in common that must differ, on copies of an initialised process."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.acceptance.table import Measure, Row
from tests.images.support.container_credentials import given
from tests.images.support.copied_process import Copy, copies
from tests.images.support.objects import served, steady
from tests.support.tiny import make_tiny_bundle

RESTORES = 200
FROM_BUCKET = {"STORAGE_BACKEND": "s3", "MODEL_BUCKET": "b", "MODEL_PREFIX": "p", "FETCH_INTO_MEMORY": "1"}


def restores_of_one_snapshot() -> Iterator[Row]:
    """A copied process is not Lambda's restore: it proves hooks, identity and witnesses, and no times."""
    with tempfile.TemporaryDirectory() as folder:
        bundle = make_tiny_bundle(Path(folder))
        with_hooks, without = copies(bundle, RESTORES), copies(bundle, RESTORES, hooks="none")
        with served(steady({path.name: path.read_bytes() for path in bundle.iterdir()})) as objects, given():
            in_memory = copies(bundle, RESTORES, bucket=FROM_BUCKET)
            named = [name for name in objects.keys if not name.startswith("K")]
    equal = _equal(with_hooks)
    yield Row(
        f"{RESTORES} restores of one snapshot (copied processes): equal environment ids, random numbers, nonces",
        "none",
        f"{equal} of {3 * len(with_hooks)}",
        len(with_hooks) == RESTORES and equal == 0,
    )
    equal, told = _equal(in_memory), {(each.status, each.answered, each.fetches) for each in in_memory}
    yield Row(
        f"the same, {RESTORES} of a function whose weights are in a bucket and then in memory: equal ones; answers; "
        "reads of the bucket after the restore; reads before it with other credentials than the container's",
        "none, all 200, none, none",
        f"{equal} of {3 * len(in_memory)}; {sorted(told)}; {len(named)} of {len(objects.keys)}",
        len(in_memory) == RESTORES and not equal and told == {("ok", 200, 0)} and not named and bool(objects.keys),
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
