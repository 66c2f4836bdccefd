"""A name for what goes into an image, so that equal contents have equal tags and different contents never share one.

The repositories refuse to move a tag, and the docker-build provider builds again whenever a file's path, mode or
content in the build context changes: the tag has to change whenever any of them does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from stacks.bundle import MANIFEST

_TAG_DIGITS = 20


def content_tag(context: Path, bundle: Path, build_options: tuple[str, ...], *, with_bundle: bool) -> str:
    """Return a tag for the files of `context` and for `build_options` (architecture, engine, …).

    The model bundle, if it goes into the image, counts by its manifest, which holds the hashes of its 600 MB of files.
    """
    digest = hashlib.sha256("\n".join(build_options).encode())
    for path in _files(context):
        in_bundle = bundle in path.parents
        if in_bundle and not with_bundle:
            continue
        content = b"" if in_bundle and path.name != MANIFEST else path.read_bytes()
        digest.update(f"\n{path.relative_to(context)} {path.stat().st_mode:o} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:_TAG_DIGITS]


def _files(context: Path) -> Iterator[Path]:
    """Yield what Docker may see: not byte code, nor what an interrupted `make model` left at the top (.bundle.…)."""
    for path in sorted(context.rglob("*")):
        parts = path.relative_to(context).parts
        if path.is_file() and "__pycache__" not in parts and not parts[0].startswith("."):
            yield path
