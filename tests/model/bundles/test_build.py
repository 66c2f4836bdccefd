"""Building a bundle: its contents, that it is all or nothing, and that it is not built twice."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from contract import bundle as files
from model.__main__ import main
from model.base import publish
from model.base.errors import BuildError
from model.bundles import bundle, incidents
from model.checkpoints import synthetic
from model.checkpoints.architecture import TINY
from similarity.bundle.manifest import Manifest, parse

QUIET = Console(quiet=True)


def build(out: Path, sample: Path = incidents.SAMPLE) -> Manifest:
    return bundle.build(bundle.Options(bundle.LONGFORMER, "synthetic", sample, out, tiny=True), QUIET)


def test_the_manifest_is_true(tiny_bundle: Path) -> None:
    manifest = parse((tiny_bundle / files.MANIFEST).read_bytes())
    assert {path.name for path in tiny_bundle.iterdir()} == {*manifest.files, files.MANIFEST}
    for name, file in manifest.files.items():
        data = (tiny_bundle / name).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file.size, file.sha256)
        assert (tiny_bundle / name).stat().st_mode & 0o777 == 0o644
    lines = sorted(f"{name} {file.size} {file.sha256}\n" for name, file in manifest.files.items())
    assert manifest.source_hash == hashlib.sha256("".join(lines).encode()).hexdigest()
    assert manifest.weights == "synthetic"


def test_the_checkpoint_is_one_that_its_reference_implementations_read(tiny_bundle: Path) -> None:
    tensors = load_file(tiny_bundle / files.WEIGHTS)
    assert {name: tensor.shape for name, tensor in tensors.items()} == synthetic.tensors(TINY)
    assert {tensor.dtype for tensor in tensors.values()} == {np.dtype("float32")}
    tokenizer = Tokenizer.from_file(str(tiny_bundle / files.TOKENIZER))
    assert tokenizer.get_vocab_size() == TINY.vocabulary
    assert tokenizer.decode(tokenizer.encode("A car, 车祸!").ids) == "A car, 车祸!"


def test_the_same_recipe_makes_the_same_bundle_and_is_not_made_twice(tiny_bundle: Path, tmp_path: Path) -> None:
    again = build(tmp_path / "b")
    assert again.source_hash == json.loads((tiny_bundle / files.MANIFEST).read_text())["source_hash"]
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "b").iterdir()}
    build(tmp_path / "b")
    assert before == {path.name: path.stat().st_mtime_ns for path in (tmp_path / "b").iterdir()}


@pytest.mark.parametrize("damage", ["cut", "missing", "incidents"])
def test_a_bundle_that_is_not_what_is_wanted_is_built_again(tmp_path: Path, damage: str) -> None:
    out, sample = tmp_path / "b", tmp_path / "incidents.jsonl"
    sample.write_text(incidents.SAMPLE.read_text())
    first = build(out, sample)
    if damage == "cut":
        (out / files.WEIGHTS).write_bytes(b"")
    elif damage == "missing":
        (out / files.GRAPH).unlink()
    else:
        sample.write_text("\n".join(sample.read_text().splitlines()[:10]))
    second = build(out, sample)
    assert (first.source_hash == second.source_hash) == (damage != "incidents")
    assert parse((out / files.MANIFEST).read_bytes()) == second
    assert (out / files.WEIGHTS).stat().st_size == second.files[files.WEIGHTS].size
    assert {path.name for path in tmp_path.iterdir()} <= {"b", "incidents.jsonl", ".b.lock"}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_build_leaves_nothing_that_looks_finished(tmp_path: Path, how: signal.Signals) -> None:
    """The full size, so that there is time to interrupt it; stopped while the weights are being written."""
    out = tmp_path / "b"
    command = [sys.executable, "-m", "model", "build", "--weights", "synthetic", "--out", str(out)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not [p for p in tmp_path.glob(".b.work-*/model.safetensors") if p.stat().st_size > 10_000_000]:
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.01)
    os.kill(process.pid, how)
    assert process.wait(60) != 0
    assert not out.exists()
    build(out)  # the next build finds its way, leftovers or not
    assert not list(tmp_path.glob(".b.work-*"))


def test_two_builds_of_one_place_do_not_meet(tmp_path: Path) -> None:
    with (
        publish.work_directory(tmp_path / "b"),
        pytest.raises(BuildError, match=r"another build of .* is under way"),
    ):
        build(tmp_path / "b")


def test_a_directory_of_something_else_is_not_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "precious.txt").write_text("keep")
    assert main(["build", "--tiny", "--out", str(tmp_path)]) == 1
    assert "exists and is not a bundle: name another place with --out" in capsys.readouterr().err
    assert (tmp_path / "precious.txt").read_text() == "keep"


def test_a_place_that_cannot_be_one_is_named_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("keep")
    assert main(["build", "--tiny", "--out", str(tmp_path / "file")]) == 1
    assert "is a file: name a directory with --out" in capsys.readouterr().err
    assert main(["build", "--tiny", "--out", "/proc/nowhere/bundle"]) == 1
    assert "No such file or directory" in capsys.readouterr().err
