"""Makes an ext4 image that holds a bundle."""

from __future__ import annotations

from pathlib import Path

from lab.host.workspace import Workspace
from lab.storages.bundle import Bundle


async def make_ext4(workspace: Workspace, bundle: Bundle, label: str) -> Path:
    """Make the image and return its file, which is called after `label`; raises LabError."""
    image = workspace.root / f"{label}.ext4"
    contents = sum(path.stat().st_size for path in bundle.folder.iterdir())
    size_kb = contents * 101 // 100 // 1024 + 8 * 1024  # 1 % and 8 MB for ext4's own tables
    options = ["-q", "-t", "ext4", "-O", "^has_journal", "-m", "0", "-N", "64"]
    await workspace.run("mke2fs", *options, "-d", bundle.folder, image, f"{size_kb}k")
    return image
