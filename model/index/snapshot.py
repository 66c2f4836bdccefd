"""Downloads AIID's snapshots: a page lists them, `backup-<14 digits>.tar.bz2`, a new one every week."""

from __future__ import annotations

import hashlib
import re
import tempfile
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import urljoin, urlsplit

import requests
from rich.console import Console

from model.base import certificates
from model.base.errors import BuildError
from model.base.progress import step
from model.index.containers import ARCHIVES

PAGE = "https://incidentdatabase.ai/research/snapshots/"
LINK = re.compile(r"""["'](?P<url>[^"'\s<>]*backup-(?P<time>\d{14})\.tar\.bz2)["']""")
TIMEOUT = (10.0, 60.0)  # seconds to connect, and to wait for a byte
CHUNK = 1 << 20
LARGEST_PAGE = 20 << 20  # bytes
SMALLEST = 10_000  # bytes: less than two tables with any content, packed


def fetch(url: str, directory: Path, sha256: str | None, console: Console) -> Path:
    """Path of the archive behind `url`, or of the newest one that the page there links to; raises BuildError.

    An archive of that name in `directory` is used unchanged: AIID gives every snapshot its own name.
    """
    certificates.check(url)
    try:
        found = url if _is_archive(url) else _newest(url)
        path = directory / PurePosixPath(urlsplit(found).path).name
        if path.exists() and (sha256 is None or _sha256(path) == sha256):
            console.print(f"{path} is there already")
            return path
        directory.mkdir(parents=True, exist_ok=True)
        _download(found, path, sha256, console)
    except requests.RequestException as error:
        raise BuildError(f"{url} cannot be had ({type(error).__name__}); is it the right address?") from None
    return path


def _is_archive(url: str) -> bool:
    return urlsplit(url).path.lower().endswith(ARCHIVES)


def _newest(page: str) -> str:
    with requests.get(page, timeout=TIMEOUT, stream=True) as answer:
        if not answer.ok:
            raise BuildError(f"{page} answers HTTP {answer.status_code}: is it still where AIID lists its snapshots?")
        text = answer.raw.read(LARGEST_PAGE, decode_content=True).decode("utf-8", "replace")
    links = sorted((match["time"], match["url"]) for match in LINK.finditer(text))
    if not links:
        raise BuildError(f"{page} links to no backup-TIME.tar.bz2: give the address of an archive instead")
    return str(urljoin(page, links[-1][1]))


def _download(url: str, path: Path, sha256: str | None, console: Console) -> None:
    """Download into a temporary file, which gets its name when it is whole and right."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(handle, "wb") as file:
            size, found = _copy(url, file, console)
        if sha256 and found != sha256.lower():
            raise BuildError(f"{url} has the sha256 {found}, wanted is {sha256}")
        Path(name).chmod(0o644)
        Path(name).rename(path)
    finally:
        Path(name).unlink(missing_ok=True)
    console.print(f"{path}: {size:,} bytes, sha256 {found}")


def _copy(url: str, file: IO[bytes], console: Console) -> tuple[int, str]:
    """Size and sha256 of what was copied; raises BuildError if that is not the whole archive."""
    digest, size = hashlib.sha256(), 0
    plain = {"Accept-Encoding": "identity"}
    with requests.get(url, timeout=TIMEOUT, stream=True, headers=plain) as answer:
        if not answer.ok:
            raise BuildError(f"{url} answers HTTP {answer.status_code}")
        total = int(answer.headers.get("Content-Length") or 0)
        with step(console, f"fetching {url}") as progress:
            for chunk in answer.iter_content(CHUNK):
                size += file.write(chunk)
                digest.update(chunk)
                progress(size, max(total, size))
    if size < SMALLEST or (total and size != total):
        raise BuildError(f"{url} gave {size:,} bytes{f' of {total:,}' if total else ''}: that is not a whole snapshot")
    return size, digest.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
