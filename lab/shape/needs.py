"""Says what this machine lacks for a lab's limited network, and how to get it."""

from __future__ import annotations

import os
import shutil

#: The programs that a limited network needs, by the Debian package that has them.
_PROGRAMS = {"iproute2": ("ip", "tc"), "util-linux": ("nsenter", "unshare")}


def obstacle_to_network() -> str | None:
    """Why this machine cannot limit a network, in words for the user; None if it has what that needs."""
    if os.geteuid():
        return "a limited network needs root"
    lacking = {package: [name for name in names if shutil.which(name) is None] for package, names in _PROGRAMS.items()}
    if absent := [name for names in lacking.values() for name in names]:
        packages = " ".join(package for package, names in lacking.items() if names)
        return f"{', '.join(absent)} missing, which limit the network; sudo apt-get install -y {packages}"
    return None
