"""Says what this machine lacks for the shape of a lab, and how to get it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from lab.shape.processor import obstacle_to_shares
from lab.shape.shape import Shape

#: The module by which nginx waits.
ECHO_MODULE = Path("/usr/lib/nginx/modules/ngx_http_echo_module.so")
#: Debian's packages, and what a limited network needs of each: programs, and a file.
_NETWORK = {
    "iproute2": ("ip", "tc"),
    "util-linux": ("nsenter", "unshare"),
    "nginx": ("nginx",),
    "libnginx-mod-http-echo": (str(ECHO_MODULE),),
}
#: And what the block devices need.
_DEVICES = {"nbdkit": ("nbdkit",), "fuse3": ("fusermount3",), "e2fsprogs": ("mke2fs",), "mount": ("mount", "losetup")}


def obstacle(shape: Shape) -> str | None:
    """Why this machine cannot make the shape, in words for the user; None if it can."""
    checks = (
        (shape.processor, obstacle_to_shares),
        (shape.network, obstacle_to_network),
        (shape.image, obstacle_to_devices),
    )
    return next((why for limits, check in checks if limits and (why := check())), None)


def obstacle_to_network() -> str | None:
    """Why this machine cannot limit a network, in words for the user; None if it has what that needs."""
    if os.geteuid():
        return "a limited network needs root"
    return _absent(_NETWORK, "which a limited network needs")


def obstacle_to_devices() -> str | None:
    """Why this machine cannot pace the reads of a mount, in words for the user; None if it has what that needs."""
    if os.geteuid():
        return "mounts for an environment need root"
    if find_spec("mfusepy") is None:
        return "the Python package mfusepy is missing; pip install -r requirements-bench.txt"
    if absent := _absent(_DEVICES, "which the block devices need"):
        return absent
    return None if os.access("/dev/fuse", os.R_OK | os.W_OK) else "/dev/fuse is missing or not accessible"


def _absent(wanted: Mapping[str, Sequence[str]], purpose: str) -> str | None:
    """What is missing of these, by package, with the line that installs it; None if nothing is."""
    lacking = {package: [name for name in names if not _is_there(name)] for package, names in wanted.items()}
    if not (absent := [name for names in lacking.values() for name in names]):
        return None
    packages = " ".join(package for package, names in lacking.items() if names)
    return f"{', '.join(absent)} missing, {purpose}; sudo apt-get install -y {packages}"


def _is_there(name: str) -> bool:
    return Path(name).exists() if name.startswith("/") else shutil.which(name) is not None
