"""Puts a bundle in place: makes it in a directory beside that place, and swaps that in when it is whole.

For a symbolic link the place is its target, so that the link stays one.
"""

from __future__ import annotations

import fcntl
import glob
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from contract import bundle as files
from model.base.errors import BuildError
from similarity.base.errors import StoreError
from similarity.bundle.manifest import Manifest, parse


@contextmanager
def work_directory(out: Path) -> Iterator[Path]:
    """A fresh directory beside `out`, removed afterwards; one build at a time, so that leftovers can be recognised."""
    check(out)
    out = out.resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    with (out.parent / f".{out.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BuildError(f"another build of {out} is under way; wait for it to end") from None
        _tidy(out)
        work = Path(tempfile.mkdtemp(prefix=f".{out.name}.work-", dir=out.parent))
        work.chmod(0o755)
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)


def _tidy(out: Path) -> None:
    """Remove what a killed build left; put the bundle back if the kill came between two renames."""
    work = f".{glob.escape(out.name)}.work-*"
    for old in out.parent.glob(f"{work}-old"):
        if not out.exists():
            old.rename(out)
    for leftover in out.parent.glob(work):
        shutil.rmtree(leftover)


def check(out: Path) -> None:
    """Raise BuildError if something at `out` is not a bundle and must not be replaced."""
    if out.exists() and not out.is_dir():
        raise BuildError(f"{out} is a file: name a directory with --out")
    if out.exists() and not (out / files.MANIFEST).exists() and any(out.iterdir()):
        raise BuildError(f"{out} exists and is not a bundle: name another place with --out")


def existing(out: Path) -> Manifest | None:
    """The manifest of a bundle whose files all have the size that it says, or None."""
    with suppress(OSError, StoreError):
        manifest = parse((out / files.MANIFEST).read_bytes())
        if all((out / name).stat().st_size == file.size for name, file in manifest.files.items()):
            return manifest
    return None


def put(work: Path, out: Path) -> None:
    """Swap the finished directory in; an older bundle is removed only after the new one is in its place."""
    check(out)
    out = out.resolve()
    if out.exists():
        old = work.with_name(f"{work.name}-old")
        try:
            out.rename(old)
            work.rename(out)
        except BaseException:  # also for Ctrl-C between the two
            if old.exists() and not out.exists():
                old.rename(out)
            raise
        shutil.rmtree(old)
    else:
        work.rename(out)
