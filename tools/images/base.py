"""Makes the stand-in for AWS's Lambda base image: Debian's Python and awslambdaric, the same layout, the same name."""

from __future__ import annotations

import hashlib
import platform
import shutil
import sys
import tempfile
from pathlib import Path

from tools.images.buildah import Buildah
from tools.images.shell import run

AWSLAMBDARIC = "awslambdaric==4.2.2"
SUITES = {"3.13": "trixie", "3.11": "bookworm"}  # Python version: the Debian release that has it
PACKAGES = "python3,python3-pip,libstdc++6"
LABEL = "model-storage.stand-in"

_FILES = Path(__file__).parent / "base"
# Packages that Debian requires but AWS's base, a minimal Amazon Linux 2023, lacks or may lose. Builds must not depend
# on them.
ABSENT = ("awk", "bunzip2", "bzip2", "cmp", "diff", "egrep", "fgrep", "find", "grep", "gunzip", "gzip", "mawk", "more",
          "perl", "ps", "sed", "tar", "which", "which.debianutils", "xargs", "zcat")  # fmt: skip
# Hooks of mmdebstrap, run in the tree `$1`. To have dpkg leave the documents out from the start takes a third longer,
# because mmdebstrap then sends each package through a filter written in Python.
_HOOKS = [
    f'--customize-hook=cd "$1/usr/bin" && rm -f {" ".join(ABSENT)}',
    '--customize-hook=cd "$1/usr/share" && rm -rf man/* doc/* locale/* info/*',
]


def name(python: str) -> str:
    """Return the base image's name for a Python version."""
    return f"public.ecr.aws/lambda/python:{python}"


def make(buildah: Buildah, python: str) -> bool:
    """Make the stand-in unless the store has it already; return whether it was made.

    Raises ToolError when Debian's packages or awslambdaric cannot be downloaded.
    """
    recipe = "".join(file.read_text() for file in sorted([*_FILES.iterdir(), Path(__file__)]))
    key = hashlib.sha256(f"{recipe} {python}".encode()).hexdigest()
    if buildah.has(name(python), f"{LABEL}={key}"):
        return False
    with tempfile.TemporaryDirectory() as scratch:
        context = Path(scratch)
        shutil.copytree(_FILES, context, dirs_exist_ok=True)
        run("mmdebstrap", "--quiet", "--variant=essential", f"--include={PACKAGES}", *_HOOKS, SUITES[python],
            context / "rootfs.tar")  # fmt: skip
        run(sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--only-binary=:all:",
            "--target", context / "runtime", "--python-version", python, *platforms(), AWSLAMBDARIC)  # fmt: skip
        buildah.build(name(python), context / "Dockerfile", context, "--label", f"{LABEL}={key}")
    return True


def platforms(machine: str = "") -> list[str]:
    """Return pip's options for the wheels that the Lambda base images can load."""
    tags = platform_tags(machine or os_machine())
    return ["--implementation", "cp", *(word for tag in tags for word in ("--platform", tag))]


def platform_tags(machine: str) -> list[str]:
    """Return the tags of those wheels, the best first: glibc 2.34 (Amazon Linux 2023) on `machine` (the tags' name)."""
    return [*(f"manylinux_2_{minor}_{machine}" for minor in range(34, 16, -1)), f"manylinux2014_{machine}"]


def os_machine() -> str:
    """Return this machine's architecture as wheel tags spell it."""
    return {"arm64": "aarch64", "AMD64": "x86_64"}.get(platform.machine(), platform.machine())
