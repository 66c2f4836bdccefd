"""Builds images with buildah: no daemon, RUN steps in a plain chroot, nothing ever pulled."""

from __future__ import annotations

import contextlib
import fcntl
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.images.shell import run


@dataclass(frozen=True)
class Buildah:
    """A private image store, separate from the system's, so that a stand-in never passes for a real image."""

    store: Path

    def __call__(self, command: str, *words: str | Path) -> str:
        """Run one buildah command on the store and return what it prints."""
        place: list[str | Path] = [
            "--root",
            self.store / "root",
            "--runroot",
            self.store / "run",
            "--storage-driver",
            "overlay",
        ]
        return run("buildah", *place, command, *words)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other builds off the store meanwhile; remove the containers and mounts of failed and killed builds."""
        self.store.mkdir(parents=True, exist_ok=True)
        with (self.store / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self("rm", "--all")
            try:
                yield
            finally:
                self("rm", "--all")

    def build(self, image: str, dockerfile: Path, context: Path, *options: str | Path) -> None:
        """Build `dockerfile` and tag the result `image`. Every time in it is 0, as in the deployed images."""
        self("bud", "--isolation", "chroot", "--pull-never", "--format", "docker", "--timestamp", "0",
             "--tag", image, "--file", dockerfile, *options, context)  # fmt: skip

    def has(self, image: str, label: str) -> bool:
        """Whether the store holds an image of that name with the label `key=value`."""
        return bool(self("images", "--quiet", "--filter", f"reference={image}", "--filter", f"label={label}"))

    def inspect(self, image: str) -> dict[str, Any]:
        """Return what buildah knows of an image."""
        known: dict[str, Any] = json.loads(self("inspect", "--type", "image", image))
        return known

    def layers(self) -> dict[str, Path]:
        """Return the folder with the files of each layer of the store, by the layer's digest (uncompressed)."""
        root = self.store / "root"
        known = json.loads((root / "overlay-layers" / "layers.json").read_text())
        return {layer["diff-digest"]: root / "overlay" / layer["id"] / "diff" for layer in known}

    @contextlib.contextmanager
    def mounted(self, image: str) -> Iterator[Path]:
        """Yield the directory where the image's root file system is mounted meanwhile."""
        container = self("from", "--pull-never", image)
        try:
            yield Path(self("mount", container))
        finally:
            self("umount", container)
            self("rm", container)
