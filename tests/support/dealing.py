"""Deals the test files to the workers of pytest-xdist: files that share costly work to one worker, long ones first."""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadScopeScheduling

from contract.checkout import ROOT

#: What one worker runs, file after file, because they share what takes long: every recorded deployment, the images, the
#: demo's real weights and its lab.
TOGETHER = (
    ("tests/stacks/test_program.py", "tests/stacks/test_policies.py"),
    ("tests/tools/images/test_build.py", "tests/lab/up/test_built_images.py"),
    ("tests/demo/test_two_models.py", "tests/demo/test_relevance.py", "tests/demo/test_minilm.py"),
)
#: The longest first: a long file that begins last would leave the other workers without work. The two of the stacks
#: not at once, because each takes every core.
LONGEST = (
    "tests/tools/images/test_build.py",
    "tests/stacks/test_program.py",
    "tests/model/checkpoints/test_hub.py",
    "tests/images/similarity/test_replaced.py",
    "tests/stacks/test_faults.py",
    "tests/model/families/test_families.py",
    "tests/page/test_access.py",
    "tests/bench/report/views/test_pages.py",
    "tests/page/test_failures.py",
    "tests/tools/e2e/test_run.py",
    "tests/bench/deployments/test_provisioned.py",
    "tests/model/index/test_remote.py",
    "tests/page/test_asking.py",
    "tests/bench/runs/test_mutations.py",
    "tests/bench/deployments/test_versions.py",
    "tests/bench/deployments/test_connect.py",
    "tests/bench/deployments/test_originals.py",
    "tests/demo/test_two_models.py",
    "tests/lab/aws/test_attacks.py",
)


class Dealer(LoadScopeScheduling):
    """Gives a worker whole files, so that the fixtures of a module are made once; in the order of the collection."""

    def schedule(self) -> None:
        self.config.option.loadscopereorder = False
        super().schedule()

    def _split_scope(self, nodeid: str) -> str:
        return _first_of(nodeid)


def order(items: list[pytest.Item]) -> None:
    """Put collected tests into the order in which they are dealt. Raises ValueError if a file named here is gone."""
    named = {*LONGEST, *(file for files in TOGETHER for file in files)}
    if gone := sorted(file for file in named if not (ROOT / file).exists()):
        raise ValueError(f"{__name__} names files that do not exist: {', '.join(gone)}")
    ranks = {file: rank for rank, file in enumerate(LONGEST)}

    def rank(item: pytest.Item) -> tuple[int, bool]:
        first = _first_of(item.nodeid)
        return ranks.get(first, len(ranks)), not item.nodeid.startswith(f"{first}::")

    items.sort(key=rank)


def _first_of(nodeid: str) -> str:
    """Return the first of the files that are run with the file of this test."""
    file = nodeid.partition("::")[0]
    return next((files[0] for files in TOGETHER if file in files), file)
