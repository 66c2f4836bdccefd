"""Renewing the base image's digest, from a registry on loopback that asks for a login as the public one does."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from contract.storages import NAMES
from tests.stacks.support.project import ROOT
from tools.images import pin
from tools.images.shell import ToolError

OLD = f"sha256:{'0' * 64}"


def _index(*platforms: str) -> bytes:
    parts = [dict(zip(("os", "architecture"), platform.split("/"), strict=True)) for platform in platforms]
    return json.dumps({"manifests": [{"digest": OLD, "platform": part} for part in parts]}, indent=3).encode()


TAGS = {
    "both": _index("linux/amd64", "linux/arm64"),
    "one": _index("linux/arm64"),
    "image": b'{"config": {}, "layers": []}',
    "page": b"<html>",
}


class _Registry(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        host, tag = self.headers["Host"], self.path.rpartition("/")[2]
        if self.path == "/token/?service=here&scope=pull":
            self._answer(200, b'{"token": "nobody"}')
        elif self.headers.get("Authorization") != "Bearer nobody":
            challenge = f'Bearer realm="http://{host}/token/",service="here",scope="pull"'
            self._answer(401, b"{}", {"WWW-Authenticate": challenge})
        elif self.path == f"/v2/lambda/python/manifests/{tag}" and tag in TAGS and "index" in self.headers["Accept"]:
            self._answer(200, TAGS[tag])
        else:
            self._answer(404, b"{}")

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def registry() -> Iterator[str]:
    """The registry's host and port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Registry)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def _dockerfiles(directory: Path, *bases: str) -> list[Path]:
    """Write the project's Dockerfiles with other base images."""
    paths = []
    for backend, reference in zip(NAMES, bases, strict=True):
        paths.append(directory / f"{backend}.Dockerfile")
        real = (ROOT / "images" / backend / "Dockerfile").read_text()
        paths[-1].write_text(pin.BASE_LINES.sub(f"ARG BASE={reference}", real))
    return paths


@pytest.mark.parametrize("pinned", ["", f"@{OLD}"], ids=["for the first time", "again"])
def test_the_newest_digest_is_written_into_every_dockerfile(registry: str, tmp_path: Path, pinned: str) -> None:
    paths = _dockerfiles(tmp_path, *[f"{registry}/lambda/python:both{pinned}"] * len(NAMES))
    others = [[line for line in path.read_text().splitlines() if "ARG BASE=" not in line] for path in paths]

    reference = pin.pin(paths)

    assert reference == f"{registry}/lambda/python:both@sha256:{hashlib.sha256(TAGS['both']).hexdigest()}"
    written = [path.read_text() for path in paths]
    assert all(f"\nARG BASE={reference}\n" in text and OLD not in text for text in written)
    assert pin.pin(paths) == reference
    assert [path.read_text() for path in paths] == written  # nothing new, so our images keep their tags
    for text, kept in zip(written, others, strict=True):
        own = [line for line in text.splitlines() if not line.startswith(("ARG BASE=", "# Digest:"))]
        assert own == kept


@pytest.mark.parametrize(
    ("tag", "complaint"),
    [
        ("one", "has no image for linux/amd64: name a tag that has both"),
        ("image", "is not an image index"),
        ("page", "cannot be asked|is not an image index"),
        ("missing", "cannot be asked for .*404"),
    ],
)
def test_what_is_not_a_base_for_both_architectures_changes_no_file(
    registry: str, tmp_path: Path, tag: str, complaint: str
) -> None:
    paths = _dockerfiles(tmp_path, *[f"{registry}/lambda/python:{tag}@{OLD}"] * len(NAMES))
    before = [path.read_text() for path in paths]

    with pytest.raises(ToolError, match=complaint):
        pin.pin(paths)
    assert [path.read_text() for path in paths] == before


def test_dockerfiles_with_different_bases_are_refused(registry: str, tmp_path: Path) -> None:
    paths = _dockerfiles(tmp_path, *[f"{registry}/a:both"] * (len(NAMES) - 1), f"{registry}/b:both")
    with pytest.raises(ToolError, match="name different base images"):
        pin.pin(paths)
    paths[0].write_text("FROM scratch\n")
    with pytest.raises(ToolError, match="there is no line ARG BASE="):
        pin.pin(paths)


def test_a_registry_that_does_not_answer_is_an_error_with_its_name(tmp_path: Path) -> None:
    paths = _dockerfiles(tmp_path, *["127.0.0.1:1/lambda/python:both"] * len(NAMES))
    with pytest.raises(ToolError, match=r"127\.0\.0\.1:1 cannot be asked for"):
        pin.pin(paths)
