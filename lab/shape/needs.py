"""Says what this machine lacks for a lab's limited network, and how to get it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

#: The module by which nginx waits.
ECHO_MODULE = Path("/usr/lib/nginx/modules/ngx_http_echo_module.so")
#: Debian's packages, and what is needed of each: programs, and a file.
_PACKAGES = {
    "iproute2": ("ip", "tc"),
    "util-linux": ("nsenter", "unshare"),
    "nginx": ("nginx",),
    "libnginx-mod-http-echo": (str(ECHO_MODULE),),
}


def obstacle_to_network() -> str | None:
    """Why this machine cannot limit a network, in words for the user; None if it has what that needs."""
    if os.geteuid():
        return "a limited network needs root"
    lacking = {package: [name for name in names if not _is_there(name)] for package, names in _PACKAGES.items()}
    if absent := [name for names in lacking.values() for name in names]:
        packages = " ".join(package for package, names in lacking.items() if names)
        return f"{', '.join(absent)} missing, which a limited network needs; sudo apt-get install -y {packages}"
    return None


def _is_there(name: str) -> bool:
    return Path(name).exists() if name.startswith("/") else shutil.which(name) is not None
