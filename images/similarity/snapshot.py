"""Takes part in SnapStart: Lambda copies an initialised process, and every copy must be an environment of its own.

Lambda's runtime calls the hooks of the library snapshot_restore_py, which its images for Python bring along. This
module is imported where the environment variable says that a snapshot will be taken, and nowhere else.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from snapshot_restore_py import register_after_restore, register_before_snapshot


def hook(before_snapshot: Callable[[], None], after_restore: Callable[[], None]) -> None:
    """Have the runtime call these: the first makes all ready, the second makes a copy an environment of its own."""
    register_before_snapshot(before_snapshot)
    register_after_restore(_draw_again)
    register_after_restore(after_restore)


def _draw_again() -> None:
    """Seed the library's random numbers from the kernel: its state is in the snapshot, so all copies would agree.

    `os.urandom` and `secrets` ask the kernel each time. OpenSSL, which has a state of its own, is not used here.
    """
    random.seed()
