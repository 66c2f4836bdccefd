"""The representative runs: together they have every type of resource and every input that the program knows.

The policies of docs/policies are made from these. The tests check them with every combination.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from contract.storages import NAMES
from tests.stacks.support.cloud import KEY
from tests.stacks.support.project import MODEL, make_project
from tests.stacks.support.recorder import Graph, run
from tests.stacks.support.scenarios import EVERYTHING, EXISTING

CONFIGURATIONS: Sequence[dict[str, Any]] = (
    {},
    {"auth": "none", "moreModels": [MODEL], "snapStart": ["oci"]},
    EVERYTHING,
    EXISTING,
    {"backends": [*NAMES], "kmsKeyArn": KEY},
    {"modelBucket": "our-models", "modelPrefix": "shared/longformer"},
)


def runs() -> list[Graph]:
    """Return what the program asks for under each of the configurations."""
    with tempfile.TemporaryDirectory() as directory:
        project = make_project(Path(directory))
        return [run(project, config) for config in CONFIGURATIONS]
