"""Runs a program in a mounted image: `python -I -S enter_image.py ROOT [HOST INSIDE]... -- PROGRAM ARGUMENT...`.

ROOT becomes the root directory, in a new mount namespace that holds only ROOT, /proc, /dev and each HOST folder at
INSIDE; it ends with its last process. PROGRAM is a statically linked program of the host, run as Lambda's user. This
file uses system calls, not `unshare` and `mount`: they need one start of an interpreter instead of five programs,
and no copy of other people's mounts keeps those busy. Standard library only, as it starts before every cold start.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from collections.abc import Sequence

#: Neither root nor the owner of any file, as in Lambda.
USER, GROUP = 993, 990

_NEW_MOUNT_NAMESPACE = 0x00020000  # <sched.h>: CLONE_NEWNS
_BIND, _RECURSIVE, _PRIVATE = 0x1000, 0x4000, 0x40000  # <sys/mount.h>: MS_BIND, MS_REC, MS_PRIVATE
_DETACH = 2  # <sys/mount.h>: MNT_DETACH
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}  # glibc has no function for this system call

_libc = ctypes.CDLL(None, use_errno=True)


def enter(root: str, binds: Sequence[tuple[str, str]]) -> None:
    """Make `root`, a mount point, this process's root directory, with the host folders of `binds` in it.

    Raises OSError naming the step that the kernel refused.
    """
    _check(_libc.unshare(_NEW_MOUNT_NAMESPACE), "unshare")
    _mount(None, "/", _RECURSIVE | _PRIVATE)
    for host, inside in (("/proc", "/proc"), ("/dev", "/dev"), *binds):
        _mount(host, root + inside, _BIND)
    os.chdir(root)
    _check(_libc.syscall(_PIVOT_ROOT[platform.machine()], b".", b"."), f"pivot_root {root}")
    _check(_libc.umount2(b".", _DETACH), "umount of the host's root")  # it lies over the new one
    os.chdir("/")


def _mount(source: str | None, target: str, flags: int) -> None:
    place = None if source is None else os.fsencode(source)
    _check(_libc.mount(place, os.fsencode(target), None, ctypes.c_ulong(flags), None), f"mount {source} on {target}")


def _check(result: int, what: str) -> None:
    if result:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def main(arguments: list[str]) -> None:
    """Enter the image and become the program; without a program only check that entering is permitted."""
    end = arguments.index("--")
    root, *places = arguments[:end]
    command = arguments[end + 1 :]
    program = os.open(command[0], os.O_RDONLY) if command else -1
    enter(root, list(zip(places[::2], places[1::2], strict=True)))
    os.setgroups([])
    os.setgid(GROUP)
    os.setuid(USER)
    if command:
        os.execve(program, command, os.environ)  # noqa: S606 -- there is no shell in an image to do without


if __name__ == "__main__":
    main(sys.argv[1:])
