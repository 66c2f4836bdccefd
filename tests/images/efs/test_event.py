"""The seeder's event: its faults are named, and no file name leads out of the bundle."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from efs import seeder
from tests.images.efs.support.file_system import OTHER, THIRD

GOOD: dict[str, Any] = {
    "bucket": "models",
    "prefix": OTHER,
    "files": {"model": {"size": 1, "sha256": THIRD}},
    "keep": [THIRD],
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bucket": ""}, "is not a bucket name"),
        ({"prefix": "/x"}, "is not a key prefix"),
        ({"prefix": "a/../b", "directory": OTHER}, "is not a key prefix"),
        ({"prefix": "models/v1"}, "names no bundle: send the source_hash"),
        ({"directory": "../" + OTHER}, "names no bundle"),
        ({"keep": ["*"]}, "names no bundle"),
        ({"keep": OTHER}, "send a list"),
        ({"files": {}}, "files is empty"),
        ({"files": {"../model": GOOD["files"]["model"]}}, "is not the name of a file"),
        ({"files": {"model": {"size": -1, "sha256": THIRD}}}, "has no size in bytes"),
        ({"files": {"model": {"size": 1, "sha256": "x"}}}, "has no size in bytes"),
        ({"files": {"model": 1}}, "has no size in bytes"),
    ],
)
def test_refuses_a_wrong_event(change: dict[str, Any], message: str) -> None:
    seeder.parse(GOOD)
    with pytest.raises(seeder.SeedError, match=message):
        seeder.parse({**GOOD, **change})


@pytest.mark.parametrize("key", ["bucket", "prefix", "files"])
def test_refuses_an_incomplete_event(key: str) -> None:
    with pytest.raises(seeder.SeedError, match=f"the event lacks {key}"):
        seeder.parse({name: value for name, value in GOOD.items() if name != key})


@given(st.text() | st.text(alphabet="./\\a-\0\n", max_size=6))
def test_no_name_leads_out_of_the_bundle(name: str) -> None:
    try:
        job = seeder.parse({**GOOD, "files": {name: GOOD["files"]["model"]}})
    except seeder.SeedError:
        return
    root = Path("/mnt/model") / job.directory
    assert os.path.normpath(root / job.files[0].name) == str(root / name)
    assert (root / name).parent == root
    assert not name.startswith(".")
