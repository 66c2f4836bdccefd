"""Whatever is wrong with the object store, the lab says it in words."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from lab.host.errors import LabError
from lab.host.workspace import Workspace
from lab.storages import seaweed
from lab.storages.bundle import Bundle, read_bundle
from lab.storages.seaweed import Seaweed
from tests.lab.support.bundles import make_bundle


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    workspace = Workspace()
    yield workspace
    workspace.close()


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return read_bundle(make_bundle(tmp_path_factory.mktemp("storage") / "bundle"))


def refusal(workspace: Workspace, bundle: Bundle) -> str:
    with pytest.raises(LabError) as caught:
        asyncio.run(Seaweed(workspace).loaded(bundle))
    return str(caught.value)


@pytest.mark.parametrize(
    ("script", "mode", "words"),
    [
        ("echo port 1 is taken >&2; exit 1", 0o755, "weed master does not start:\nport 1 is taken"),
        ("exec sleep 60", 0o755, "weed master did not start within 0.2 s"),
        ("", 0o644, "the lab's object store cannot run: [Errno 13] Permission denied"),
    ],
)
def test_a_server_that_does_not_start_is_named(
    workspace: Workspace,
    bundle: Bundle,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    script: str,
    mode: int,
    words: str,
) -> None:
    program = tmp_path / "weed"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(mode)
    monkeypatch.setattr(seaweed, "weed", lambda: program)
    monkeypatch.setattr(seaweed, "_START_S", 0.2)
    assert words in refusal(workspace, bundle)


class Usage(NamedTuple):
    total: int = 1000
    used: int = 900
    free: int = 100


def test_a_full_disk_is_told_before_anything_is_stored(
    workspace: Workspace, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage())
    assert "and has 0 MB at" in refusal(workspace, bundle)


def test_an_upload_that_fails_ends_in_one_sentence(
    workspace: Workspace, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # nobody is there
    said = refusal(workspace, bundle)
    assert said.startswith("the lab's object store failed, with ")
    assert "\n" not in said
