"""A real S3 (SeaweedFS) with bundles in it, a connection to it that breaks on demand, and small disks."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import obstore
import pytest
from obstore.store import S3Store

from lab.host.ports import free_ports

BUCKET = "models"
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any", "AWS_REGION": "us-east-1"}


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a running S3 gateway."""
    data = tmp_path_factory.mktemp("weed")
    names = ("master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc",
             "s3.port", "s3.port.grpc", "s3.port.iceberg", "s3.port.lance")  # fmt: skip
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    fixed = ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false", "-master.volumeSizeLimitMB=256",
             "-filer", "-s3", "-s3.iam=false"]  # fmt: skip
    weed = Path(sys.executable).parent / "weed"
    command = [weed, "server", f"-dir={data}", *fixed, *(f"-{name}={port}" for name, port in ports.items())]
    with (data / "log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=data)
        try:
            url = f"http://127.0.0.1:{ports['s3.port']}"
            _wait_until_it_stores(url, server, data / "log")
            yield url
        finally:
            server.send_signal(signal.SIGKILL)
            server.wait()


def _wait_until_it_stores(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        assert server.poll() is None, log.read_text()[-2000:]
        try:
            for path, data in ((BUCKET, b""), (f"{BUCKET}/ready", b"yes")):
                request = urllib.request.Request(f"{url}/{path}", data=data, method="PUT")
                urllib.request.urlopen(request, timeout=60).close()
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"SeaweedFS does not store objects:\n{log.read_text()[-2000:]}")


@dataclass
class Bundle:
    """A bundle in the bucket: `files` are the bytes that the manifest describes, whatever the bucket holds now."""

    store: S3Store
    files: dict[str, bytes]
    keep: list[str] = field(default_factory=list)

    @property
    def hash(self) -> str:
        """The bundle's source_hash."""
        lines = sorted(f"{name} {len(data)} {_sha256(data)}\n" for name, data in self.files.items())
        return _sha256("".join(lines).encode())

    def put(self, name: str, data: bytes) -> None:
        """Store an object, the right one or not."""
        obstore.put(self.store, f"{self.hash}/{name}", data)

    @property
    def event(self) -> dict[str, Any]:
        """The seeder's event."""
        files = {name: {"size": len(data), "sha256": _sha256(data)} for name, data in self.files.items()}
        return {"bucket": BUCKET, "prefix": self.hash, "files": files, "keep": self.keep}

    def is_in(self, directory: Path) -> bool:
        """Whether `directory` holds exactly this bundle's files."""
        return {path.name: path.read_bytes() for path in directory.iterdir()} == self.files


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def upload(endpoint: str) -> Callable[..., Bundle]:
    """Put a bundle of files of the given sizes (bytes) into the bucket; equal arguments make equal bundles."""
    store = S3Store(
        BUCKET,
        endpoint=endpoint,
        region="us-east-1",
        access_key_id="any",
        secret_access_key="any",
        client_options={"allow_http": True},
    )

    def put(**sizes: int) -> Bundle:
        sizes = sizes or {"model": 3_000_001, "config": 70, "empty": 0}
        bundle = Bundle(store, {name: hashlib.shake_128(name.encode()).digest(size) for name, size in sizes.items()})
        for name, data in bundle.files.items():
            bundle.put(name, data)
        return bundle

    return put


@pytest.fixture
def root(tmp_path: Path, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory that stands for the mounted file system; the seeder's environment is set to it and to the S3."""
    directory = tmp_path / "efs"
    directory.mkdir()
    for name, value in {**ENVIRONMENT, "MODEL_ROOT": str(directory), "AWS_ENDPOINT_URL_S3": endpoint}.items():
        monkeypatch.setenv(name, value)
    return directory


class StallingProxy:
    """Passes connections to `endpoint` until `limit` bytes came back from it; after that it passes nothing."""

    def __init__(self, endpoint: str, limit: int) -> None:
        self._upstream = int(endpoint.rsplit(":", 1)[1])
        self._left = limit
        self.stalled = threading.Event()
        self._closed = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Break every connection."""
        self._closed.set()
        self._listener.close()

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._upstream))
            threading.Thread(target=self._pass, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, True), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, counted: bool) -> None:
        try:
            while data := source.recv(65536):
                if counted:
                    self._left -= len(data)
                    if self._left < 0:
                        self.stalled.set()
                        self._closed.wait()
                        break
                target.sendall(data)
        except OSError:
            pass  # the other side went away: pass that on
        for side in (source, target):
            side.close()


@pytest.fixture
def stalling(endpoint: str) -> Iterator[Callable[[int], StallingProxy]]:
    """Start a proxy to the S3 that stalls after some bytes."""
    started = []

    def start(limit: int) -> StallingProxy:
        started.append(StallingProxy(endpoint, limit))
        return started[-1]

    yield start
    for proxy in started:
        proxy.close()


class RefusingGateway(ThreadingHTTPServer):
    """The S3 at `endpoint`, which answers the first `refusals` requests as S3 does before it knows a role's grant."""

    daemon_threads = True

    def __init__(self, endpoint: str, refusals: int) -> None:
        super().__init__(("127.0.0.1", 0), _Refuse)
        self.endpoint, self.refusals = endpoint, refusals
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()


class _Refuse(BaseHTTPRequestHandler):
    server: RefusingGateway

    def do_GET(self) -> None:
        self.server.refusals -= 1
        if self.server.refusals >= 0:
            self.send_error(403)
            return
        headers = {name: self.headers[name] for name in ("range", "if-match") if name in self.headers}
        request = urllib.request.Request(self.server.endpoint + self.path, headers=headers, method=self.command)
        with urllib.request.urlopen(request, timeout=60) as answer:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.read())

    do_HEAD = do_GET

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


@pytest.fixture
def refusing(endpoint: str) -> Iterator[Callable[[int], RefusingGateway]]:
    """Start a gateway to the S3 that refuses some requests first."""
    started = []

    def start(refusals: int) -> RefusingGateway:
        started.append(RefusingGateway(endpoint, refusals))
        return started[-1]

    yield start
    for gateway in started:
        gateway.shutdown()
        gateway.server_close()


@pytest.fixture(params=["tmpfs", "ext4"])
def small_disk(request: pytest.FixtureRequest, root: Path, tmp_path: Path) -> Iterator[Path]:
    """A file system of about 24 MB, mounted at `root`."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    image = tmp_path / "disk"
    if request.param == "ext4":
        subprocess.run(["/sbin/mkfs.ext4", "-q", "-O", "^has_journal", image, "24M"], check=True)
        mount = ["mount", "-o", "loop", image, root]
    else:
        mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", root]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount file systems")
    yield root
    subprocess.run(["umount", root], check=True)
