"""Makes stand-ins for the programs of a deployer's machine: executables that print what the real ones would."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

BOOTED: dict[str, Any] = {
    "Name": "mine",
    "Driver": "docker-container",
    "Nodes": [{"Name": "mine0", "Status": "running", "Platforms": ["linux/amd64", "linux/arm64"]}],
}
DOCKERS_OWN: dict[str, Any] = {
    "Name": "default",
    "Driver": "docker",
    "Nodes": [{"Name": "default", "Status": "running", "Platforms": ["linux/amd64", "linux/arm64"]}],
}


def put_program(folder: Path, name: str, script: str) -> None:
    """Put an executable shell script of that name into a folder."""
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def put_pulumi(folder: Path, version: str) -> None:
    """A pulumi that says which version it is."""
    put_program(folder, "pulumi", f"echo {version}")


def put_docker(folder: Path, *builders: dict[str, Any], engine: bool = True, buildx: bool = True) -> None:
    """A docker with these builders; one without an engine, or without buildx, fails as the real one does."""
    rows = "".join(json.dumps(builder) + "\n" for builder in builders)
    (folder / "builders").write_text(rows)
    listed = f'while read -r row; do echo "$row"; done < "{folder}/builders"' if buildx else "exit 125"
    put_program(
        folder, "docker", f'case "$1" in version) exit {0 if engine else 1};; buildx) {listed};; *) exit 64;; esac'
    )
