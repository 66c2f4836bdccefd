"""The bundles that the lab accepts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from contract import bundle as files
from contract.precisions import Reduction
from lab.host.errors import LabError
from lab.storages.bundle import Bundle, read_bundle
from tests.lab.support.bundles import SIZES, make_bundle


def test_bundle_lists_its_files_and_the_manifest(tmp_path: Path) -> None:
    bundle = read_bundle(make_bundle(tmp_path / "bundle"))
    assert {path.name for path in bundle.files} == {*SIZES, "manifest.json"}
    assert len(bundle.source_hash) == 64
    assert bundle.weights == "synthetic"


def test_index_is_what_a_search_function_reads(tmp_path: Path) -> None:
    bundle = read_bundle(make_bundle(tmp_path / "bundle"))
    assert {path.name for path in bundle.index_files} == {files.MANIFEST, files.VECTORS, files.INCIDENTS}
    assert bundle.index_bytes == SIZES[files.VECTORS] + SIZES[files.INCIDENTS]


def test_a_search_function_never_has_more_memory_than_lambda_offers(tmp_path: Path) -> None:
    vectors = tmp_path / files.VECTORS
    vectors.touch()
    os.truncate(vectors, 4 << 30)  # a hole: it takes no room
    assert Bundle(tmp_path, (vectors,), "", "", Reduction()).search_memory_mb == 10_240


@pytest.mark.parametrize("damage", ["missing", "truncated"])
def test_damaged_bundle_is_named(tmp_path: Path, damage: str) -> None:
    weights = make_bundle(tmp_path / "bundle") / "model.safetensors"
    weights.unlink() if damage == "missing" else weights.write_bytes(b"short")
    with pytest.raises(LabError, match=r"model\.safetensors is missing or not 12000000 bytes"):
        read_bundle(tmp_path / "bundle")


@pytest.mark.parametrize("manifest", ["", "[]", "{}", '{"files": 3}'])
def test_manifest_that_is_none(tmp_path: Path, manifest: str) -> None:
    (tmp_path / "manifest.json").write_text(manifest)
    with pytest.raises(LabError, match="no model bundle in"):
        read_bundle(tmp_path)


def test_missing_bundle_says_how_to_build_one(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="python -m model build --out"):
        read_bundle(tmp_path / "nothing")
