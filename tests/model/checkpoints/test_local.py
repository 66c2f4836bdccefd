"""Checkpoints in directories and installed packages, and families that a new file adds."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from contract import bundle as files
from model import families
from model.base.errors import BuildError
from model.bundles import bundle, incidents
from similarity.bundle.manifest import Manifest
from tests.model.support.checkpoints import KINDS, change, save
from tests.model.support.in_process import in_process
from tests.model.support.layouts import sentence

__all__ = ["in_process"]
pytestmark = pytest.mark.usefixtures("in_process")


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    save(KINDS["bert"], tmp_path / "made")
    return tmp_path / "made"


def build(model: str, out: Path, weights: str = "auto", pooling: str = "cls") -> Manifest:
    sample = out.with_name("one.jsonl")
    sample.write_text(incidents.SAMPLE.read_text().splitlines()[0])
    return bundle.build(bundle.Options(model, weights, sample, out, pooling=pooling), Console(quiet=True))


def install(checkpoint: Path, site: Path, version: str) -> None:
    """Put the checkpoint where pip would put it as part of a package called tiny-made."""
    shutil.copytree(checkpoint, site / "tiny_made" / "model", dirs_exist_ok=True)
    info = site / "tiny_made.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: tiny-made\nVersion: {version}\n")
    names = [path.relative_to(site) for path in site.rglob("*") if path.is_file()]
    (info / "RECORD").write_text("".join(f"{name},,\n" for name in names))


def test_an_installed_package_is_found_by_its_name(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    install(checkpoint, site, "1.2")
    monkeypatch.syspath_prepend(site)
    manifest = build("tiny-made", tmp_path / "b")
    assert (manifest.model, manifest.revision, manifest.weights) == ("tiny-made", "1.2", "package")
    for name in (files.CONFIG, files.TOKENIZER, files.WEIGHTS):
        assert (tmp_path / "b" / name).read_bytes() == (checkpoint / name).read_bytes()
    built = (tmp_path / "b" / files.MANIFEST).stat().st_mtime_ns
    assert build("tiny-made", tmp_path / "b") == manifest
    assert (tmp_path / "b" / files.MANIFEST).stat().st_mtime_ns == built
    install(checkpoint, site, "1.3")
    assert build("tiny-made", tmp_path / "b").revision == "1.3"


def test_a_directory_whose_content_changed_is_built_again(checkpoint: Path, tmp_path: Path) -> None:
    first = build(str(checkpoint), tmp_path / "b")
    assert (first.weights, first.model) == ("directory", "made")
    assert build(f"{checkpoint}/../made", tmp_path / "c").source_hash == first.source_hash
    change(checkpoint, files.CONFIG, layer_norm_eps=1e-6)
    assert build(str(checkpoint), tmp_path / "b").source_hash != first.source_hash


@pytest.mark.parametrize("change_of", ["modules", "tokenizer"])
def test_every_file_that_counts_is_looked_at(checkpoint: Path, tmp_path: Path, change_of: str) -> None:
    first = build(str(checkpoint), tmp_path / "b")
    if change_of == "modules":
        sentence(checkpoint)
    else:
        tokenizer = json.loads((checkpoint / files.TOKENIZER).read_text())
        (checkpoint / files.TOKENIZER).write_text(json.dumps({**tokenizer, "padding": None}))
    pooling = "mean" if change_of == "modules" else "cls"
    assert build(str(checkpoint), tmp_path / "b", pooling=pooling).source_hash != first.source_hash


def test_a_package_without_weights_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(BuildError, match="no directory or installed package has that name"):
        build("pytest", tmp_path / "b")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder beside model/families in which a new family may lie."""
    (tmp_path / "families").mkdir()
    families.__path__.append(str(tmp_path / "families"))
    families.by_model_type.cache_clear()
    yield tmp_path / "families"
    families.__path__.remove(str(tmp_path / "families"))
    families.by_model_type.cache_clear()


def test_a_family_is_added_by_adding_a_file(checkpoint: Path, folder: Path, tmp_path: Path) -> None:
    change(checkpoint, files.CONFIG, model_type="made-up")
    (folder / "made_up.py").write_text(
        "from model.families import Family\n\nFAMILY = Family('bert', ('made-up',), padding_takes_a_position=True)\n"
    )
    assert build(str(checkpoint), tmp_path / "b").family == "bert"
