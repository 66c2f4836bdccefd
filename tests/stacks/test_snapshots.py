"""Deployments with snapshots (SnapStart) keep every rule, alone and beside other storages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stacks.support.invariants import violations
from tests.stacks.support.project import MODEL, make_project
from tests.stacks.support.recorder import run
from tests.stacks.support.scenarios import EVERYTHING

ALONE = {"backends": ["oci"], "defaultBackend": "oci", "snapStart": ["oci"]}
BESIDE = {"backends": ["efs", "s3", "oci"], "defaultBackend": "s3", "snapStart": ["oci", "s3"]}


@pytest.mark.parametrize(
    "config",
    [
        {**ALONE, "auth": "none", "moreModels": [MODEL]},
        {**EVERYTHING, **BESIDE, "efsThroughput": "elastic", "efsProvisionedMibps": 0, "ephemeralStorageMb": 0},
    ],
    ids=["two models", "everything"],
)
@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
def test_a_deployment_keeps_every_rule(tmp_path: Path, config: dict[str, object], preview: bool) -> None:
    assert violations(run(make_project(tmp_path), config, preview=preview)) == []
