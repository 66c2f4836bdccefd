"""Finds and mounts the images that `python -m tools.images build` has made from the Dockerfiles."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract.storages import storage
from lab.host.errors import LabError
from lab.host.loop import loop_mount
from lab.host.workspace import Workspace
from lab.runtime.launch import Image
from lab.storages.bundle import Bundle
from lab.storages.mount import APT_LINE

_FORMAT = 1


@dataclass(frozen=True)
class Built:
    """Built images: their folder, their base, and their entries in the index, by backend."""

    folder: Path
    base: str
    engine: str
    bundle_hash: str
    entries: Mapping[str, Mapping[str, Any]]

    @property
    def sentence(self) -> str:
        """What the functions run from, as a sentence for people."""
        return f"the function runs in the image that its own Dockerfile made on a {self.base}"

    def file(self, backend: str) -> Path:
        """The file that holds the image's root file system."""
        return self.folder / str(self.entries[backend]["ext4"])

    async def mount(self, workspace: Workspace, backend: str) -> Image:
        """Mount an image read-only; raises LabError if that or entering it is not permitted."""
        root = workspace.folder(f"images/{backend}")
        entry = self.entries[backend]
        image = Image(root, tuple(entry["command"]), entry["env"])
        try:
            await loop_mount(workspace, self.file(backend), root)
            await workspace.run(*image.entrance({}))
        except LabError as error:
            raise LabError(
                f"the {backend} image cannot be run here ({error}); {_INSTEAD}, on a machine with loop devices"
            ) from error
        return image


_INSTEAD = "use --images source, or run the lab as root"


def read_built(folder: Path, backends: Sequence[str], engine: str, bundle: Bundle) -> Built:
    """Read the index of built images and check that they fit; raises LabError with the command that mends it."""
    build = f"python -m tools.images build --bundle {bundle.folder} --out {folder}"
    try:
        index = json.loads((folder / "index.json").read_text())
        if index["format"] != _FORMAT:
            raise ValueError(f"format {index['format']}")
        built = Built(folder.resolve(), index["base"], index["engine"], index["bundleHash"], index["images"])
        absent = [name for name in backends if name not in built.entries or not built.file(name).is_file()]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LabError(f"no built images in {folder} ({error!r}); build them: {build}") from error
    if absent:
        raise LabError(f"no built image of {', '.join(absent)} in {folder}; build all: {build}")
    if engine == "transformers" and built.engine != "transformers":
        raise LabError(f"the images in {folder} hold no torch; build them with it: {build} --engine transformers")
    if baked := [name for name in backends if storage(name).baked and built.bundle_hash != bundle.source_hash]:
        held, wanted = built.bundle_hash[:12], bundle.source_hash[:12]
        raise LabError(f"the {baked[0]} image in {folder} holds bundle {held}, not {wanted}; build it again: {build}")
    if os.geteuid() != 0:
        raise LabError(f"built images are mounted, which needs root: {_INSTEAD}")
    if missing := [tool for tool in ("mount", "losetup") if shutil.which(tool) is None]:
        raise LabError(f"{', '.join(missing)} missing, which mount built images; {APT_LINE}")
    return built
