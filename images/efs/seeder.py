"""The seeder: a Lambda function that copies a model bundle from S3 to EFS, once per bundle.

It runs inside the deployment, before the serving function uses the new bundle. A bundle appears whole or not at all:
its files are written to a hidden directory, checked while they stream, and synced, and the directory is renamed at the
end. The next run checks and continues what an interrupted run left. A file that another bundle there has, too, is
linked and not copied: a new index comes with the old one's weights.

Event:  {"bucket": "…", "prefix": "…", "directory": "<64 hex; default: prefix>",
         "files": {"name": {"size": bytes, "sha256": "<64 hex>"}, …}, "keep": ["<64 hex>", …]}
        With `keep`, bundles that are neither in it nor the event's own are removed; without it, none is.
Result: {"directory": "/mnt/model/<64 hex>", "copied": [names], "linked": [names], "verified": [names],
         "resumed_bytes": n, "bytes": n, "removed": [names], "seconds": s}
Environment: MODEL_ROOT, the mounted file system (default /mnt/model); AWS_ENDPOINT_URL_S3, another S3 than AWS's.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar

import obstore
from obstore.exceptions import BaseError, NotFoundError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from contract import bundle
from contract.environment import MODEL_ROOT, REGION, S3_ENDPOINT

BLOCK_BYTES = 16 << 20  # one ranged GET: bounds memory, and no request times out while a slow disk is written
GRANT_SECONDS = 60.0  # how long IAM may take until a fresh grant to the role holds everywhere
RETRY_SECONDS = 5.0
VERIFY_SECONDS = 60.0  # reserved for checking a bundle that another run has just put in place
INCOMING, REMOVING, LOCK = ".incoming-", ".removing-", ".seeder.lock"

Answer = TypeVar("Answer")


class SeedError(Exception):
    """The bundle could not be put in place; the message says which object or file, why, and what to do."""


@dataclass(frozen=True)
class File:
    """A file of the bundle as its manifest describes it; `size` in bytes, `sha256` in hex."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Job:
    """The work of one event: objects `bucket/prefix/<name>` become files `<directory>/<name>`."""

    bucket: str
    prefix: str
    directory: str
    files: tuple[File, ...]
    keep: frozenset[str] | None


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Put the bundle that `event` names in place, then remove others if it says which to keep.

    Waits for another run on the same file system as long as Lambda's `context` leaves time, and then finds its bundle.
    Raises SeedError; the file system then still holds every bundle that it held before, and the new one is not visible.
    """
    started = time.monotonic()
    job = parse(event)
    root = Path(os.environ.get(MODEL_ROOT, "/mnt/model"))
    if not root.is_dir():
        raise SeedError(
            f"{root} is not a directory: mount the file system there, or set {MODEL_ROOT} to its mount point"
        )
    with _exclusive(root, context):
        result = _seed(job, root)
        removed = [] if job.keep is None else _remove_others(root, keep=job.keep | {job.directory})
    return {**result, "removed": removed, "seconds": round(time.monotonic() - started, 3)}


def parse(event: Mapping[str, Any]) -> Job:
    """Check an event and return its job. Raises SeedError if it could touch files that are not the bundle's."""
    if not isinstance(event, Mapping):
        raise SeedError("the event is not a JSON object: send bucket, prefix and files")
    lacks = [key for key in ("bucket", "prefix", "files") if key not in event]
    if lacks:
        raise SeedError(f"the event lacks {', '.join(lacks)}: send bucket, prefix and files")
    bucket, prefix, files = event["bucket"], event["prefix"], event["files"]
    directory, keep = event.get("directory", prefix), event.get("keep")
    if not isinstance(bucket, str) or not bucket:
        raise SeedError(f"bucket {bucket!r} is not a bucket name")
    if not isinstance(prefix, str) or not all(part and part.strip(".") for part in prefix.split("/")):
        raise SeedError(f"prefix {prefix!r} is not a key prefix: send it without slashes at its ends, '.' and '..'")
    if not isinstance(keep, list | None):
        raise SeedError(f"keep is {keep!r}: send a list of bundle hashes")
    for name in (directory, *(keep or ())):
        if not bundle.is_hash(name):
            raise SeedError(f"{name!r} names no bundle: send the source_hash (64 hex digits) of its manifest")
    try:
        listed = sorted(bundle.read_files(files).items())
    except ValueError as error:
        raise SeedError(f"files cannot be read: {error}: send them as the bundle's manifest has them") from None
    if not listed:
        raise SeedError("files is empty: send {name: {size, sha256}} for every file of the bundle")
    kept = None if keep is None else frozenset(keep)
    return Job(bucket, prefix, directory, tuple(File(name, file.size, file.sha256) for name, file in listed), kept)


@contextlib.contextmanager
def _exclusive(root: Path, context: Any) -> Iterator[None]:
    with (root / LOCK).open("w") as lock:
        told = False
        while not _acquire(lock):
            if context.get_remaining_time_in_millis() < 1000 * VERIFY_SECONDS:
                raise SeedError(f"another seeder is still at work on {root}: wait, then run the deployment again")
            if not told:
                print(f"another seeder is at work on {root}: waiting for it", flush=True)
            told = True
            time.sleep(1)
        yield


def _acquire(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _seed(job: Job, root: Path) -> dict[str, Any]:
    final, incoming = root / job.directory, root / (INCOMING + job.directory)
    source = Source(job.bucket, job.prefix)
    done = [file for file in job.files if _matches(final / file.name, file)]
    missing = [file for file in job.files if file not in done]
    copied = list[File]()
    resumed = 0
    if missing:
        etags = {file: source.check(file) for file in missing}  # all of them, before any byte is written
        with _explain_full_disk(root, missing, incoming):
            incoming.mkdir(exist_ok=True)
            for file in missing:
                if _link(root, job, file, incoming):
                    continue
                print(f"copying {file.name} ({file.size} bytes)", flush=True)
                resumed += _copy(source, file, etags[file], incoming)
                copied.append(file)
        _publish(incoming, final, missing)
    return {
        "directory": str(final),
        "copied": [file.name for file in copied],
        "linked": [file.name for file in missing if file not in copied],
        "verified": [file.name for file in done],
        "resumed_bytes": resumed,
        "bytes": sum(file.size for file in copied),
    }


def _link(root: Path, job: Job, file: File, incoming: Path) -> bool:
    """Give `file` a second name in `incoming` if another bundle has it, byte for byte; return whether it has one.

    This is safe, because no file of a bundle is ever written to: a damaged file is replaced, and its other name keeps
    it until that bundle is seeded again.
    """
    others = (path for path in root.iterdir() if bundle.is_hash(path.name) and path.name != job.directory)
    for other in sorted(others):
        if _matches(other / file.name, file):
            (incoming / file.name).unlink(missing_ok=True)
            try:
                os.link(other / file.name, incoming / file.name)
            except OSError as error:  # EFS allows a file 177 names; after that a copy starts a new count
                print(f"{file.name} of {other.name} cannot be linked ({error.strerror})", flush=True)
                continue
            print(f"linked {file.name} of {other.name}", flush=True)
            return True
    return False


def _publish(incoming: Path, final: Path, copied: list[File]) -> None:
    """Make the copied files appear: the directory as a whole or, in a damaged bundle, file by file."""
    if final.is_dir():
        for file in copied:
            (incoming / file.name).rename(final / file.name)
        _sync_directory(final)
        shutil.rmtree(incoming)
    else:
        for entry in {entry.name for entry in incoming.iterdir()} - {file.name for file in copied}:
            (incoming / entry).unlink()  # left by an interrupted run whose bundle had other files
        _sync_directory(incoming)
        incoming.rename(final)
    _sync_directory(final.parent)


class Source:
    """The objects of one bundle in S3. A refusal counts only after GRANT_SECONDS, because grants take a while."""

    def __init__(self, bucket: str, prefix: str) -> None:
        endpoint = os.environ.get(S3_ENDPOINT)
        self._store = S3Store(
            bucket,
            prefix=prefix,
            region=os.environ.get(REGION, "us-east-1"),
            endpoint=endpoint,
            client_options={"allow_http": bool(endpoint and endpoint.startswith("http:"))},
        )
        self._url = f"s3://{bucket}/{prefix}"
        self._grants_hold_at = time.monotonic() + GRANT_SECONDS

    def check(self, file: File) -> str | None:
        """Return the object's ETag. Raises SeedError if it is missing, out of reach or not of the manifest's size."""
        with self._explain(file):
            meta = self._patiently(lambda: obstore.head(self._store, file.name))
        if meta["size"] != file.size:
            raise SeedError(
                f"{self._url}/{file.name} has {meta['size']} bytes, the manifest says {file.size}: "
                "upload the bundle again"
            )
        return meta["e_tag"]

    def read(self, file: File, offset: int, etag: str | None) -> memoryview:
        """Return at most BLOCK_BYTES from `offset` of exactly the object that `check` saw."""
        options: obstore.GetOptions = {"range": (offset, min(offset + BLOCK_BYTES, file.size)), "if_match": etag}
        with self._explain(file):
            return memoryview(self._patiently(lambda: obstore.get(self._store, file.name, options=options).bytes()))

    def corrupt(self, file: File, found: str) -> SeedError:
        """Return the error for an object whose bytes are not those of the manifest."""
        return SeedError(
            f"{self._url}/{file.name} is corrupt: its sha256 is {found}, the manifest says {file.sha256}: "
            "upload the bundle again"
        )

    def _patiently(self, request: Callable[[], Answer]) -> Answer:
        """Return the result of `request`, repeated while S3 refuses it and may not know the role's grant yet."""
        while True:
            try:
                return request()
            except (PermissionDeniedError, UnauthenticatedError):
                if time.monotonic() > self._grants_hold_at:
                    raise
            print(f"{self._url}: not allowed to read, as yet; trying again", flush=True)
            time.sleep(RETRY_SECONDS)

    @contextlib.contextmanager
    def _explain(self, file: File) -> Iterator[None]:
        url = f"{self._url}/{file.name}"
        try:
            yield
        except (NotFoundError, FileNotFoundError) as error:
            raise SeedError(f"{url} does not exist: upload the bundle, then run the deployment again") from error
        except (PermissionDeniedError, UnauthenticatedError) as error:
            raise SeedError(f"{url} may not be read: give the seeder's role s3:GetObject on it ({error})") from error
        except BaseError as error:
            raise SeedError(f"{url} could not be read: {error}") from error


def _copy(source: Source, file: File, etag: str | None, incoming: Path) -> int:
    """Copy one object into `incoming` under its own name; return how many of its bytes an earlier run had written."""
    if _matches(incoming / file.name, file):
        return file.size
    part = incoming / (file.name + ".part")
    resumed = part.stat().st_size if part.exists() else 0
    found = _write(source, file, etag, part)
    if resumed and found != file.sha256:  # a crash can leave a torn tail: copy the whole object once before blaming it
        part.unlink()
        resumed, found = 0, _write(source, file, etag, part)
    if found != file.sha256:
        part.unlink()
        raise source.corrupt(file, found)
    part.rename(incoming / file.name)
    return resumed


def _write(source: Source, file: File, etag: str | None, part: Path) -> str:
    """Append the rest of the object to `part`, sync it, and return the sha256 of the whole."""
    with part.open("a+b") as stream:
        stream.seek(0)
        digest = _digest(stream)
        while (offset := stream.tell()) < file.size:
            block = source.read(file, offset, etag)
            digest.update(block)
            stream.write(block)
        stream.flush()
        os.fsync(stream.fileno())
    return digest.hexdigest()


def _matches(path: Path, file: File) -> bool:
    """Whether `path` is the file of the manifest, byte for byte."""
    if not path.is_file() or path.stat().st_size != file.size:
        return False
    with path.open("rb") as stream:
        return _digest(stream).hexdigest() == file.sha256


def _digest(stream: IO[bytes]) -> hashlib._Hash:
    digest = hashlib.sha256()
    while block := stream.read(1 << 20):
        digest.update(block)
    return digest


@contextlib.contextmanager
def _explain_full_disk(root: Path, files: list[File], incoming: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        shutil.rmtree(incoming, ignore_errors=True)  # the copied part would only keep the disk full
        need, free = sum(file.size for file in files), shutil.disk_usage(root).free
        raise SeedError(
            f"{root} is full: the bundle needs {need} bytes more, {free} are free: "
            "make room there, then run the deployment again"
        ) from error


def _remove_others(root: Path, keep: frozenset[str]) -> list[str]:
    """Remove bundles that are not in `keep` and the remains of interrupted runs; nothing else on the file system."""
    old = (path for path in root.iterdir() if path.is_dir() and bundle.is_hash(path.name))
    removed = sorted(path.name for path in old if path.name not in keep)
    for name in removed:  # renamed first, so that an interrupted removal leaves nothing that looks whole
        (root / name).rename(root / (REMOVING + name))
    for path in root.iterdir():
        if path.name.startswith((INCOMING, REMOVING)):
            shutil.rmtree(path)
    _sync_directory(root)
    return removed


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
