"""Flattens an image's root file system into one ext4 file, which is what Lambda does with a container image."""

from __future__ import annotations

import os
from pathlib import Path

from tools.images.shell import run

BLOCK = 4096


def write(root: Path, target: Path) -> None:
    """Write the tree `root` as the ext4 file `target`, which appears when it is complete."""
    inodes, data = _measure(root)
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    # Room for inode tables, group descriptors, extents and directories; the file is sparse.
    blocks = int(data * 1.03) + inodes * 256 // BLOCK + 4096
    run("mke2fs", "-q", "-F", "-t", "ext4", "-O", "^has_journal", "-m", "0", "-b", str(BLOCK), "-N", str(inodes + 64),
        "-E", "root_owner=0:0,lazy_itable_init=1,nodiscard", "-d", root, part, str(blocks))  # fmt: skip
    part.replace(target)


def _measure(root: Path) -> tuple[int, int]:
    """Return the number of inodes and of data blocks that `root` needs."""
    inodes = blocks = 0
    for directory, _, files in os.walk(root):
        inodes += 1 + len(files)
        blocks += 2 + sum(-(-os.lstat(os.path.join(directory, file)).st_size // BLOCK) for file in files)
    return inodes, blocks
