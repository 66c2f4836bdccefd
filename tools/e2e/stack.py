"""Drives the stack under test through Pulumi's command line."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench.deployments.deployment import Deployment
from bench.deployments.outputs import parse_outputs
from tools.e2e.errors import E2eError

# An update takes minutes, a destroy up to 45 of them; a command that hangs for longer will not end.
_LIMIT_S = 5400


@dataclass(frozen=True)
class Resource:
    """A resource in the stack's state: Pulumi's name of its type, and AWS's name of the resource."""

    kind: str
    id: str


@dataclass(frozen=True)
class Stack:
    """A stack by its name, of the project in `root`."""

    name: str
    root: Path

    @property
    def project(self) -> str:
        """The project's name."""
        return str(yaml.safe_load((self.root / "Pulumi.yaml").read_text(encoding="utf-8"))["name"])

    def run(self, *words: str, quiet: bool = False) -> str:
        """Run a pulumi command and return what it prints; unless `quiet` it is shown, too. Raises E2eError."""
        command = ["pulumi", *words, "--non-interactive"]
        output = subprocess.PIPE if quiet else None
        try:
            process = subprocess.Popen(command, cwd=self.root, stdout=output, stderr=output, text=True)
        except FileNotFoundError as error:
            raise E2eError("pulumi is not installed: https://www.pulumi.com/docs/install/") from error
        printed, complaint = _ended(process)
        if process.returncode:
            said = f": {complaint.strip()}" if quiet else ""
            raise E2eError(f"`{' '.join(command)}` ended with exit code {process.returncode}{said}")
        return printed or ""

    def set(self, key: str, value: str) -> None:
        """Set one of the project's settings."""
        self.run("config", "set", key, value, "--stack", self.name, quiet=True)

    def up(self) -> Deployment:
        """Deploy, and return the outputs."""
        self.run("up", "--yes", "--skip-preview", "--stack", self.name)
        return parse_outputs(json.loads(self.run("stack", "output", "--json", "--stack", self.name, quiet=True)))

    @property
    def region(self) -> str:
        """The region in its settings, which is known even if nothing could be deployed."""
        file = self.root / f"Pulumi.{self.name}.yaml"
        project = yaml.safe_load((self.root / "Pulumi.yaml").read_text(encoding="utf-8"))
        own = (yaml.safe_load(file.read_text(encoding="utf-8")) or {}) if file.exists() else {}
        settings = own.get("config", {})
        default = project["config"]["region"]["default"]
        return str(settings.get(f"{self.project}:region", settings.get("region", default)))

    def destroy(self) -> None:
        """Destroy all that the state names."""
        self.run("destroy", "--yes", "--skip-preview", "--stack", self.name)

    def resources(self) -> list[Resource]:
        """Return what the state holds, components and providers left out."""
        exported: dict[str, Any] = json.loads(self.run("stack", "export", "--stack", self.name, quiet=True))
        known = (exported.get("deployment") or {}).get("resources") or []
        custom = [entry for entry in known if entry.get("custom") and not entry["type"].startswith("pulumi:")]
        return [Resource(entry["type"], entry.get("id", "")) for entry in custom]

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Make the stack if it does not exist, and leave it and its file as they were found.

        A stack that holds something at the end is kept, and so are the settings that its next destroy needs.
        """
        file = self.root / f"Pulumi.{self.name}.yaml"
        before = file.read_bytes() if file.exists() else None
        made = not self.exists()
        if made:
            self.run("stack", "init", self.name, "--no-select")
        try:
            yield
        finally:
            if not self.resources():
                if made:
                    self.run("stack", "rm", "--yes", self.name)
                elif before is not None:
                    file.write_bytes(before)

    def exists(self) -> bool:
        """Whether there is a stack of this name."""
        return self.name in {entry["name"] for entry in json.loads(self.run("stack", "ls", "--json", quiet=True))}


def _ended(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Wait for a command, even after Ctrl-C: the command received it as well, and ends its update in order.

    Raises KeyboardInterrupt after that, and E2eError for a command that hangs.
    """
    interrupted = False
    while True:
        try:
            printed, complaint = process.communicate(timeout=_LIMIT_S)
            break
        except KeyboardInterrupt:
            interrupted = True
        except subprocess.TimeoutExpired as error:
            process.kill()
            process.communicate()
            raise E2eError(f"pulumi was ended after {_LIMIT_S} s") from error
    if interrupted:
        raise KeyboardInterrupt
    return printed, complaint
