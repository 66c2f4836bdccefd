"""The storage s3files: recorded runs keep every rule, alone and beside the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from stacks.errors import DeploymentError
from tests.stacks.support import cloudformation
from tests.stacks.support.invariants import violations
from tests.stacks.support.project import MODEL, make_project
from tests.stacks.support.recorder import run
from tests.stacks.support.scenarios import EVERYTHING, EXISTING

ALONE = {"backends": ["s3files"], "defaultBackend": "s3files"}
BESIDE = {"backends": ["efs", "s3", "oci", "s3files"], "defaultBackend": "s3"}


@pytest.mark.parametrize(
    "config",
    [
        {**ALONE, "auth": "none"},
        {**ALONE, "auth": "none", "moreModels": [MODEL]},
        {**BESIDE, "auth": "iam"},
        {**EVERYTHING, **ALONE, "efsThroughput": "elastic", "efsProvisionedMibps": 0},
        {**EXISTING, **BESIDE},
    ],
    ids=["alone", "two models", "beside the others", "everything", "in an existing network"],
)
@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
def test_a_deployment_keeps_every_rule(tmp_path: Path, config: dict[str, object], preview: bool) -> None:
    assert violations(run(make_project(tmp_path), config, preview=preview)) == []


def test_inputs_fit_the_schemas_of_aws(tmp_path: Path) -> None:
    """All types are known there: file system, its policy, mount target, access point, and the function's mount."""
    assert cloudformation.problems(run(make_project(tmp_path), {**EXISTING, **BESIDE})) == []


def test_a_bucket_that_exists_already_is_refused(tmp_path: Path) -> None:
    config = {**BESIDE, "auth": "none", "modelBucket": "our-models"}

    with pytest.raises(
        DeploymentError, match="modelBucket is our-models, and S3 Files needs a versioned bucket"
    ) as refused:
        run(make_project(tmp_path), config)

    assert "take s3files out of backends" in str(refused.value)
