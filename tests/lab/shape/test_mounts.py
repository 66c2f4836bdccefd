"""What each environment of a shaped lab mounts for itself, on real devices."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract import readers
from contract.environment import MODEL_DIR, READERS
from lab.host.errors import LabError
from lab.host.loop import loop_device
from lab.host.workspace import Workspace
from lab.shape.block_device import BlockDevice, Chunked
from lab.shape.links import servers_namespace
from lab.shape.namespace import Namespace
from lab.shape.needs import obstacle_to_devices, obstacle_to_network
from lab.shape.shape import Shape, like_lambda
from lab.shape.surroundings import Shaped, Surroundings
from lab.storages.bundle import Bundle, read_bundle
from lab.storages.ext4 import make_ext4
from lab.storages.holding import Holding, Site, provider
from tests.lab.support.bundles import SIZES, make_bundle
from tests.lab.support.left import left_over, processes_of

pytestmark = pytest.mark.skipif(
    bool(obstacle_to_network() or obstacle_to_devices()), reason="needs root, iproute2, nbdkit and FUSE"
)
WEIGHTS = "model.safetensors"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return read_bundle(make_bundle(tmp_path_factory.mktemp("shaped") / "bundle"))


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    workspace = Workspace()
    yield workspace
    workspace.close()
    assert left_over(tmp_path) == []


async def hold(workspace: Workspace, name: str, bundle: Bundle, shape: Shape) -> tuple[Holding, Shaped]:
    """A bundle in a storage of a lab, and what makes the surroundings of its environments."""
    return await hold_at(Site.of(workspace, shape, await servers_namespace(workspace)), name, bundle)


async def hold_at(site: Site, name: str, bundle: Bundle) -> tuple[Holding, Shaped]:
    assert site.servers is not None
    holding = await provider(name).provide(site, bundle, name, None)
    return holding, Shaped(site.servers, site.shape.network, holding.around)


def folder_of(surroundings: Surroundings) -> Path:
    return Path(surroundings.around.variables[MODEL_DIR])


def chunk_states(workspace: Workspace) -> bytes:
    (file,) = workspace.root.glob("*.cached")
    return file.read_bytes()


@pytest.mark.parametrize("name", ["efs", "oci"])
def test_every_environment_has_a_mount_of_its_own_until_it_ends(
    name: str, workspace: Workspace, bundle: Bundle
) -> None:
    async def look() -> None:
        _, surround = await hold(workspace, name, bundle, like_lambda())
        one, other = [await surround(workspace) for _ in range(2)]
        for path in bundle.files:
            assert (folder_of(one) / path.name).read_bytes() == path.read_bytes()
        assert os.stat(folder_of(one)).st_dev != os.stat(folder_of(other)).st_dev
        with pytest.raises(OSError, match=r"[Rr]ead-only"):
            (folder_of(one) / "new").write_text("x")
        await one.close()
        assert not folder_of(one).exists()
        assert (folder_of(other) / WEIGHTS).read_bytes() == (bundle.folder / WEIGHTS).read_bytes()
        await other.close()
        assert not any((workspace.root / "devices").iterdir())

    asyncio.run(look())


@pytest.mark.parametrize("cached", [True, False])
def test_what_an_environment_reads_of_the_image_is_in_the_cache_for_the_next(
    cached: bool, workspace: Workspace, bundle: Bundle
) -> None:
    async def look() -> None:
        holding, surround = await hold(workspace, "oci", bundle, like_lambda(cached_chunks=cached))
        assert ("as after a deployment" in holding.sentence) is not cached
        assert set(chunk_states(workspace)) == {int(cached)}
        surroundings = await surround(workspace)
        mounted = sum(chunk_states(workspace))
        (folder_of(surroundings) / WEIGHTS).read_bytes()
        if not cached:
            assert mounted <= 6, "a mount reads the file system's own tables"
            assert sum(chunk_states(workspace)) - mounted >= SIZES[WEIGHTS] // (512 << 10)
        await surroundings.close()

    asyncio.run(look())


def test_the_file_system_is_read_through_the_environments_own_network(workspace: Workspace, bundle: Bundle) -> None:
    async def look() -> None:
        holding, surround = await hold(workspace, "efs", bundle, like_lambda())
        assert holding.environment[READERS] == str(readers.NFS), "as many as on NFS, although it is a block device"
        surroundings = await surround(workspace)
        count = ("cat", "/sys/class/net/data/statistics/rx_bytes")
        inside = [*surroundings.wrapper, "sh", "-c", f"mount -t sysfs none /sys && {' '.join(count)}"]
        command = ["unshare", "--mount", *inside]
        before = int(await workspace.run(*command))
        (folder_of(surroundings) / WEIGHTS).read_bytes()
        assert int(await workspace.run(*command)) - before >= SIZES[WEIGHTS]
        await surroundings.close()

    asyncio.run(look())


def test_the_kernel_asks_a_device_as_it_asks_a_disk_of_lambda(workspace: Workspace, bundle: Bundle) -> None:
    async def look() -> None:
        _, surround = await hold(workspace, "oci", bundle, like_lambda())
        surroundings = await surround(workspace)
        block = Path("/sys/block", loop_device(folder_of(surroundings)))
        assert (block / "loop/dio").read_text() == "1\n", "else it sends one read at a time"
        assert (block / "queue/read_ahead_kb").read_text() == "128\n"
        await surroundings.close()

    asyncio.run(look())


def test_a_device_that_cannot_be_shown_says_why_and_leaves_nothing(workspace: Workspace, bundle: Bundle) -> None:
    async def look() -> None:
        figures = like_lambda().image
        assert figures is not None
        source = Chunked(await make_ext4(workspace, bundle, "broken"), workspace.root / "broken.cached", figures)
        with pytest.raises(LabError, match=r"devices/\w+/device does not start:[^$]*broken\.cached"):
            await BlockDevice.mount(workspace, "one", source, await Namespace.make(workspace))
        assert not any((workspace.root / "devices").iterdir())

    asyncio.run(look())


def test_a_device_that_ends_is_an_error_for_whoever_reads(workspace: Workspace, bundle: Bundle) -> None:
    async def look() -> None:
        _, surround = await hold(workspace, "oci", bundle, like_lambda())
        surroundings = await surround(workspace)
        (device,) = [
            pid
            for pid in processes_of(workspace.root.parent)
            if b"paced_device" in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]
        os.kill(device, signal.SIGKILL)
        with pytest.raises(OSError):  # noqa: PT011 -- not connected, or an I/O error
            (folder_of(surroundings) / WEIGHTS).read_bytes()
        await surroundings.close()

    asyncio.run(look())


_READING = """
import asyncio, sys
from pathlib import Path
from lab.host.workspace import Workspace
from lab.shape.links import servers_namespace
from lab.shape.shape import like_lambda
from lab.storages.bundle import read_bundle
from lab.storages.holding import Site
from tests.lab.shape.test_mounts import WEIGHTS, folder_of, hold_at

async def main():
    workspace, bundle = Workspace(), read_bundle(Path(sys.argv[1]))
    site = Site.of(workspace, like_lambda(cached_chunks=False), await servers_namespace(workspace))
    for name in ("efs", "oci"):
        _, surround = await hold_at(site, name, bundle)
        folder = folder_of(await surround(workspace))
        asyncio.get_running_loop().run_in_executor(None, (folder / WEIGHTS).read_bytes)
    print("reading", flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def test_nothing_is_left_of_mounts_whose_lab_was_killed_while_they_were_read(tmp_path: Path, bundle: Bundle) -> None:
    lab = subprocess.Popen(
        [sys.executable, "-c", _READING, bundle.folder],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert lab.stdout is not None
    assert lab.stdout.readline() == "reading\n"
    assert left_over(tmp_path)
    lab.kill()
    lab.wait()
    assert lab.stdout.read() == ""
    for _ in range(500):
        if not left_over(tmp_path):
            break
        asyncio.run(asyncio.sleep(0.02))
    assert left_over(tmp_path) == []
