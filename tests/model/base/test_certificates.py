"""Certificates that cannot be used are named by whatever the model tool asks for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from model.base.errors import BuildError
from model.checkpoints import hub
from model.index import snapshot
from model.index.deployment import Deployment, Target
from similarity.bundle.manifest import Manifest, parse

ASKED: dict[str, Callable[[Path, Manifest], object]] = {
    "the Hub": lambda folder, manifest: hub.fetch("somebody/something", folder),
    "a snapshot": lambda folder, manifest: snapshot.fetch("https://a.test/a.zip", folder, None, Console(quiet=True)),
    "a deployment": lambda folder, manifest: Deployment(Target("https://a.test", 1, "none"), manifest).check(),
}


@pytest.mark.parametrize("asked", ASKED)
def test_the_variable_is_named(tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str) -> None:
    monkeypatch.setattr(hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    manifest = parse((tiny_bundle / "manifest.json").read_bytes())
    with pytest.raises(BuildError, match=r"REQUESTS_CA_BUNDLE names .*/ca\.pem, which is not there"):
        ASKED[asked](tmp_path, manifest)


def test_so_is_the_one_that_only_the_download_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub.constants, "HF_HUB_OFFLINE", False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")
    with pytest.raises(BuildError, match="SSL_CERT_FILE names /nowhere, which is not there"):
        hub.fetch("somebody/something", tmp_path)
