"""A stand-in for Pulumi's command line: keeps its stacks in a folder, and deploys to the lab.

    PULUMI_STAND_IN=FOLDER python pulumi_stand_in.py stack ls --json

FOLDER/faults holds commands that fail, one a line (`up`, `destroy`), or go on until they are interrupted (`slow-up`);
FOLDER/calls gets every command that was given.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import yaml

from contract.checkout import ROOT

HELD = [
    {"type": "pulumi:pulumi:Stack", "custom": False},
    {"type": "pulumi:providers:aws", "custom": True, "id": "p"},
    {"type": "aws:iam/role:Role", "custom": True, "id": "s3-serve-role-1234567"},
    {"type": "aws:ecr/repository:Repository", "custom": True, "id": "s3-image-repository-89abcde"},
]


class Stacks:
    """The stacks there are, by name: resources, outputs and the lab's process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "stacks.json"
        self.known: dict[str, Any] = json.loads(self._file.read_text()) if self._file.exists() else {}

    def save(self) -> None:
        self._file.write_text(json.dumps(self.known))

    def up(self, name: str) -> None:
        """Bring a lab up with the project's bundle, in the place of the one before."""
        self.stop(name)
        self.known[name]["resources"] = HELD
        self.save()
        self.fail("up")
        if "slow-up" in self.faults:
            _until_interrupted()
        log = self._folder / "lab.json"
        command = [sys.executable, "-m", "lab", "up", "--json", "--backends", "s3,oci", "--bundle", "images/bundle"]
        command[-1] = str(Path.cwd() / command[-1])
        with log.open("w") as out:
            lab = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out, start_new_session=True)
        deadline = time.monotonic() + 60
        while not (line := next((x for x in log.read_text().splitlines() if x.startswith("{")), "")):
            if lab.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"no lab: {log.read_text()}")
            time.sleep(0.1)
        auth = yaml.safe_load(Path(f"Pulumi.{name}.yaml").read_text())["config"]["auth"]
        self.known[name] |= {"lab": lab.pid, "outputs": {**json.loads(line), "authMode": auth}}

    def stop(self, name: str) -> None:
        if pid := self.known[name].pop("lab", None):
            os.kill(pid, signal.SIGTERM)
            while Path(f"/proc/{pid}").exists():
                time.sleep(0.05)

    def destroy(self, name: str) -> None:
        self.fail("destroy")
        self.stop(name)
        self.known[name]["resources"] = []

    def fail(self, command: str) -> None:
        if command in self.faults:
            sys.exit(f"error: {command} failed")

    @property
    def faults(self) -> list[str]:
        file = self._folder / "faults"
        return file.read_text().split() if file.exists() else []


def _until_interrupted() -> None:
    """As in Pulumi, the first Ctrl-C ends the update in order, which takes a moment."""
    folder = Path(os.environ["PULUMI_STAND_IN"])
    try:
        (folder / "waiting").touch()
        time.sleep(60)
    except KeyboardInterrupt:
        time.sleep(0.5)
        (folder / "in-order").touch()
    sys.exit("error: update canceled")


def main(words: list[str]) -> None:
    folder = Path(os.environ["PULUMI_STAND_IN"])
    with (folder / "calls").open("a") as calls:
        calls.write(" ".join(words) + "\n")
    stacks = Stacks(folder)
    named = words[words.index("--stack") + 1] if "--stack" in words else ""
    match words:
        case ["stack", "ls", *_]:
            print(json.dumps([{"name": name, "current": False} for name in stacks.known]))
        case ["stack", "init", name, *_]:
            stacks.known[name] = {"resources": []}
        case ["stack", "rm", "--yes", name, *_]:
            if stacks.known.pop(name)["resources"]:
                sys.exit("error: the stack still has resources")
            Path(f"Pulumi.{name}.yaml").unlink(missing_ok=True)
        case ["stack", "export", *_]:
            print(json.dumps({"version": 3, "deployment": {"resources": stacks.known[named]["resources"]}}))
        case ["stack", "output", *_]:
            print(json.dumps(stacks.known[named]["outputs"]))
        case ["config", "set", key, value, *_]:
            file = Path(f"Pulumi.{named}.yaml")
            known = (yaml.safe_load(file.read_text()) if file.exists() else None) or {"config": {}}
            known["config"][key] = value
            file.write_text(yaml.safe_dump(known))
        case ["up", *_]:
            stacks.up(named)
        case ["destroy", *_]:
            stacks.destroy(named)
        case _:
            sys.exit(f"the stand-in does not know: {words}")
    stacks.save()


if __name__ == "__main__":
    main([word for word in sys.argv[1:] if word != "--non-interactive"])
