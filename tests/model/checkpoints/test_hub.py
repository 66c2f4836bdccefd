"""Fetching weights from the Hub, for which a local server stands in.

The Hub cannot be reached from everywhere. The server speaks its protocol (HEAD and GET of /MODEL/resolve/main/FILE
with commit and etag) and has a real checkpoint.
"""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract import bundle as files
from contract.checkout import ROOT
from model.bundles import bundle, incidents
from tests.model.support.command import SCRIPT
from tests.support import forked

MODEL = "somebody/tiny-longformer"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


class HubStandIn(http.server.BaseHTTPRequestHandler):
    """Serves the files of `checkpoint` as the Hub serves a model's."""

    checkpoint: Path
    broken: str = ""

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        name = self.path.removeprefix(f"/{MODEL}/resolve/main/").removeprefix(f"/{MODEL}/resolve/{COMMIT}/")
        path = self.checkpoint / name
        if not path.is_file():
            self.send_response(404)
            self.send_header("X-Error-Code", "EntryNotFound" if MODEL in self.path else "RepoNotFound")
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        data = path.read_bytes()
        if name == files.WEIGHTS and self.broken == "status":
            self.send_error(503)
            return
        self.send_response(200)
        self.send_header("ETag", f'"{hashlib.sha256(data).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if with_body:
            self.wfile.write(data[:1000] if name == files.WEIGHTS and self.broken == "cut" else data)

    def log_message(self, *arguments: object) -> None:
        """Quiet."""


@pytest.fixture
def checkpoint(tiny_bundle: Path, tmp_path: Path) -> Path:
    directory = tmp_path / "checkpoint"
    directory.mkdir()
    for name in (files.CONFIG, files.WEIGHTS):
        shutil.copyfile(tiny_bundle / name, directory / name)
    tokenizer = json.loads((tiny_bundle / files.TOKENIZER).read_text())
    own = {"unk_token": None, "continuing_subword_prefix": "", "end_of_word_suffix": ""}  # as in Longformer's own file
    tokenizer["model"].update(own)
    (directory / files.TOKENIZER).write_text(json.dumps(tokenizer))
    return directory


@pytest.fixture
def hub(checkpoint: Path) -> Iterator[str]:
    handler = type("Handler", (HubStandIn,), {"checkpoint": checkpoint})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def run(
    tmp_path: Path, endpoint: str, weights: str, model: str = MODEL, *options: str, pooling: str = "cls"
) -> subprocess.CompletedProcess[str]:
    arguments = ["build", "--model", model, "--weights", weights, "--pooling", pooling]
    arguments += ["--out", str(tmp_path / "bundle"), *options]
    settings = {"HF_ENDPOINT": endpoint, "HF_HOME": str(tmp_path / "home"), "HF_HUB_DISABLE_XET": "1"}
    return forked.run(SCRIPT, arguments, ROOT, {**os.environ, **settings}, 120)


def test_a_checkpoint_of_the_hub_is_taken_unmodified_and_found_in_the_cache_later(
    tmp_path: Path, hub: str, checkpoint: Path
) -> None:
    done = run(tmp_path, hub, "auto")
    assert done.returncode == 0, done.stderr
    manifest = json.loads((tmp_path / "bundle" / files.MANIFEST).read_text())
    assert (manifest["model"], manifest["revision"], manifest["weights"]) == (MODEL, COMMIT, "hub")
    for name in (files.CONFIG, files.TOKENIZER, files.WEIGHTS):
        assert (tmp_path / "bundle" / name).read_bytes() == (checkpoint / name).read_bytes()
    shutil.rmtree(tmp_path / "bundle")
    done = run(tmp_path, "http://127.0.0.1:9", "hub")
    assert done.returncode == 0, done.stderr


def test_what_a_sentence_transformers_checkpoint_says_is_asked_for_and_remembered(
    tmp_path: Path, hub: str, checkpoint: Path
) -> None:
    own = "sentence_transformers.models"
    modules = [{"path": "", "type": f"{own}.Transformer"}, {"path": "pooled", "type": f"{own}.Pooling"}]
    (checkpoint / "modules.json").write_text(json.dumps(modules))
    (checkpoint / "pooled").mkdir()
    (checkpoint / "pooled" / "config.json").write_text(json.dumps({"pooling_mode_mean_tokens": True}))
    for endpoint in (hub, "http://127.0.0.1:9"):  # the second time only the cache can tell
        done = run(tmp_path, endpoint, "hub", pooling="mean")
        assert done.returncode == 0, done.stderr
        assert json.loads((tmp_path / "bundle" / files.MANIFEST).read_text())["pooling"] == "mean"
        shutil.rmtree(tmp_path / "bundle")


def test_a_cache_that_another_program_filled_is_enough_without_the_hub(
    tmp_path: Path, hub: str, checkpoint: Path
) -> None:
    """The cache does not know whether the checkpoint has the files that only this program asks for."""
    assert run(tmp_path, hub, "hub").returncode == 0
    unknown = next((tmp_path / "home").rglob(".no_exist"))
    shutil.rmtree(unknown)
    shutil.rmtree(tmp_path / "bundle")
    done = run(tmp_path, "http://127.0.0.1:9", "hub")
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "bundle" / files.MANIFEST).read_text())["weights"] == "hub"


def test_a_checkpoint_that_cannot_be_used_is_refused_before_its_weights_are_fetched(
    tmp_path: Path, hub: str, checkpoint: Path
) -> None:
    fields = json.loads((checkpoint / files.CONFIG).read_text())
    (checkpoint / files.CONFIG).write_text(json.dumps({**fields, "model_type": "gpt2"}))
    done = run(tmp_path, hub, "auto")
    assert done.returncode == 1
    assert "model_type is 'gpt2'; supported are bert" in done.stderr
    assert not list((tmp_path / "home").rglob(files.WEIGHTS))


def test_a_name_that_cannot_be_one_is_an_error_of_one_line(tmp_path: Path) -> None:
    done = run(tmp_path, "http://127.0.0.1:9", "auto", "no/such/model")
    assert done.returncode == 1
    assert "'no/such/model' is not a directory, installed package or name of the Hugging Face Hub" in done.stderr
    assert "Traceback" not in done.stderr


def test_synthetic_weights_of_another_model_are_not_made(tmp_path: Path) -> None:
    done = run(tmp_path, "http://127.0.0.1:9", "synthetic")
    assert done.returncode == 1
    assert f"synthetic weights have the shape of {bundle.LONGFORMER}: leave out --model {MODEL}" in done.stderr


def test_a_checkpoint_with_the_two_halves_of_a_tokenizer(tmp_path: Path, hub: str, checkpoint: Path) -> None:
    whole = json.loads((checkpoint / files.TOKENIZER).read_text())
    (checkpoint / files.TOKENIZER).unlink()
    (checkpoint / "vocab.json").write_text(json.dumps(whole["model"]["vocab"]))
    (checkpoint / "merges.txt").write_text("#version: 0.2\n" + "\n".join(" ".join(m) for m in whole["model"]["merges"]))
    assert run(tmp_path, hub, "hub").returncode == 0
    from tokenizers import Tokenizer

    made = Tokenizer.from_file(str(tmp_path / "bundle" / files.TOKENIZER))
    text = "A car, 车祸 <mask> </s> hit  nobody"
    assert made.encode(text).ids == Tokenizer.from_str(json.dumps(whole)).encode(text).ids


def test_a_checkpoint_without_safetensors_is_an_error_not_a_fallback(
    tmp_path: Path, hub: str, checkpoint: Path
) -> None:
    (checkpoint / files.WEIGHTS).unlink()
    done = run(tmp_path, hub, "auto")
    assert done.returncode == 1
    assert f"{MODEL} cannot be used" in done.stderr
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize("how", ["cut", "status"])
def test_a_hub_that_fails_half_way_is_one_that_cannot_be_had(tmp_path: Path, checkpoint: Path, how: str) -> None:
    handler = type("Handler", (HubStandIn,), {"checkpoint": checkpoint, "broken": how})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        done = run(tmp_path, f"http://127.0.0.1:{server.server_port}", "hub")
        server.shutdown()
    assert done.returncode == 1
    assert f"the download of {MODEL} failed" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "bundle").exists()


def test_without_the_hub_auto_does_not_give_another_models_name_to_synthetic_weights(tmp_path: Path) -> None:
    done = run(tmp_path, "http://127.0.0.1:9", "auto")
    assert done.returncode == 1
    assert f"there are no synthetic weights in the shape of {MODEL}" in done.stderr


@pytest.mark.parametrize("model", [MODEL, "nobody/nothing"])
def test_without_the_hub_hub_is_an_error(tmp_path: Path, hub: str, model: str) -> None:
    done = run(tmp_path, hub if model != MODEL else "http://127.0.0.1:9", "hub", model)
    assert done.returncode == 1
    assert "out of reach" in done.stderr or "has no nobody/nothing for you (HTTP 404)" in done.stderr


def test_without_the_hub_auto_falls_back_to_full_size_synthetic_weights_and_says_so(tmp_path: Path) -> None:
    few = tmp_path / "few.jsonl"  # each incident takes a full-size model's time
    few.write_bytes(b"".join(incidents.SAMPLE.read_bytes().splitlines(keepends=True)[:2]))
    done = run(tmp_path, "http://127.0.0.1:9", "auto", bundle.LONGFORMER, "--incidents", str(few))
    assert done.returncode == 0
    assert "Falling back to synthetic weights: times hold, rankings mean nothing" in done.stderr
    manifest = json.loads((tmp_path / "bundle" / files.MANIFEST).read_text())
    assert manifest["weights"] == "synthetic"
    assert manifest["files"][files.WEIGHTS]["size"] > 4 * 148_659_456
