"""Names what goes into an image, so that equal contents have equal tags and different contents never share one.

A file's mode is not part of the name: it depends on the umask of whoever checked the file out, and the Dockerfiles set
the mode of every file that they copy.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from contract.bundle import MANIFEST

_TAG_DIGITS = 20


def content_tag(context: Path, dockerfile: Path, build_options: tuple[str, ...]) -> str:
    """Return a tag for a Dockerfile, the files of `context` that Docker sees, and `build_options` (engine, …).

    Model bundles among the files count by their manifests, which hold the hashes of their 600 MB of files. All of them
    count, because the docker-build provider does not know which of them the build uses.
    """
    digest = hashlib.sha256("\n".join(build_options).encode())
    bundles = {manifest.parent for manifest in context.glob(f"*/{MANIFEST}")}
    for path in [dockerfile, *context_files(context, dockerfile)]:
        content = b"" if path.parent in bundles and path.name != MANIFEST else path.read_bytes()
        digest.update(f"\n{path.relative_to(context)} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:_TAG_DIGITS]


def context_files(context: Path, dockerfile: Path) -> Iterator[Path]:
    """Yield the files of `context` that Docker sees, in order; the last matching line of the ignore file counts.

    Of Docker's patterns, which are relative to the context and cover everything below a directory, it supports the
    wildcards * and **/.
    """
    lines = dockerfile.with_name(f"{dockerfile.name}.dockerignore").read_text().splitlines()
    rules = [(not line.startswith("!"), _pattern(line.lstrip("!"))) for line in lines if line and line[0] != "#"]
    for path in sorted(context.rglob("*")):
        name = path.relative_to(context).as_posix()
        ignored = [ignore for ignore, pattern in rules if pattern.fullmatch(name)][-1:]
        if path.is_file() and ignored != [True]:
            yield path


def _pattern(line: str) -> re.Pattern[str]:
    expression = re.escape(line.rstrip("/")).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
    return re.compile(f"{expression}(?:/.*)?")
