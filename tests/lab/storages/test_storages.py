"""The three storages on real parts, and their replacements where the parts are missing."""

from __future__ import annotations

import asyncio
import mmap
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import boto3
import psutil
import pytest
import requests
from botocore import UNSIGNED
from botocore.config import Config

from contract.checkout import ROOT
from contract.storages import NAMES
from lab.host.errors import LabError
from lab.host.janitor import sweep_stale
from lab.host.page_cache import evict, fill, resident
from lab.host.ports import ADDRESS
from lab.host.workspace import Workspace
from lab.storages import efs, mount, oci, s3
from lab.storages.bundle import Bundle, read_bundle
from lab.storages.holding import Holding, Provider, Site, plain_folder, provider
from lab.storages.mount import missing_for_fuse
from lab.storages.seaweed import BUCKET, Seaweed, weed
from tests.lab.support.bundles import SIZES, make_bundle
from tests.lab.support.left import processes_of

Stored = tuple[Seaweed, dict[str, Holding]]
WEIGHTS = "model.safetensors"
MOUNTS = pytest.mark.skipif(
    bool(missing_for_fuse() or oci.missing_for_image()), reason="needs root, FUSE and loop devices"
)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return read_bundle(make_bundle(tmp_path_factory.mktemp("storage") / "bundle"))


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    workspace = Workspace()
    yield workspace
    workspace.close()
    assert not workspace.root.exists()


@pytest.fixture(scope="module")
def stored(bundle: Bundle) -> Iterator[Stored]:
    """All three storages, loaded."""
    workspace = Workspace()
    site = Site.of(workspace)

    async def store() -> dict[str, Holding]:
        return {name: await provider(name).provide(site, bundle, name, None) for name in NAMES}

    with asyncio.Runner() as runner:  # the loop lives as long as the servers
        yield site.seaweed, runner.run(store())
        workspace.close()
    assert not workspace.root.exists()


def provided(module: Provider, site: Site, bundle: Bundle) -> Holding:
    """Where a storage holds the bundle for a function that runs from the working copy."""
    return asyncio.run(module.provide(site, bundle, module.__name__.rpartition(".")[2], None))


def folder_of(stored: dict[str, Holding], name: str) -> Path:
    return Path(stored[name].environment["MODEL_DIR"])


def test_every_storage_of_the_list_has_a_module_that_provides_it() -> None:
    providing = {
        path.stem for path in (ROOT / "lab/storages").glob("*.py") if "\nasync def provide(" in path.read_text()
    }
    assert providing == set(NAMES)
    with pytest.raises(ValueError, match="there is no storage 'seaweed'"):
        provider("seaweed")


@pytest.mark.parametrize("signed", [True, False])
def test_bucket_holds_the_bundle(stored: Stored, bundle: Bundle, signed: bool) -> None:
    variables = stored[1]["s3"].environment
    assert variables["MODEL_BUCKET"] == BUCKET
    assert variables["MODEL_PREFIX"] == bundle.source_hash
    s3 = boto3.client(
        "s3",
        endpoint_url=variables["AWS_ENDPOINT_URL_S3"],
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
        config=Config(s3={"addressing_style": "path"}, **({} if signed else {"signature_version": UNSIGNED})),
    )
    for path in bundle.files:
        key = f"{bundle.source_hash}/{path.name}"
        assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == path.read_bytes()
    part = s3.get_object(Bucket=BUCKET, Key=f"{bundle.source_hash}/model.safetensors", Range="bytes=8388600-8388619")
    assert part["Body"].read() == (bundle.folder / "model.safetensors").read_bytes()[8388600:8388620]


@MOUNTS
@pytest.mark.parametrize("name", ["efs", "oci", "s3files"])
def test_mounts_hold_the_bundle_and_cannot_be_written(stored: Stored, bundle: Bundle, name: str) -> None:
    folder = folder_of(stored[1], name)
    assert os.path.ismount(folder if name == "oci" else folder.parent)
    for path in bundle.files:
        assert (folder / path.name).read_bytes() == path.read_bytes()
    with pytest.raises(OSError, match=r"[Rr]ead-only"):
        (folder / "new").write_text("x")


@MOUNTS
@pytest.mark.parametrize("name", ["s3", "efs", "oci", "s3files"])
def test_eviction_leaves_nothing_in_the_page_cache(stored: Stored, bundle: Bundle, name: str) -> None:
    place = stored[1][name]
    read_weights(stored[1], bundle, name)
    everything = [*place.files(), *place.behind()]
    assert sum(map(resident, everything)) >= SIZES[WEIGHTS], "it was read, so it is cached"
    done = evict(everything)
    assert done.before >= SIZES[WEIGHTS]
    assert done.after == 0
    assert sum(map(resident, everything)) == 0


@MOUNTS
def test_what_one_storage_has_in_use_does_not_keep_another_warm(stored: Stored, bundle: Bundle) -> None:
    """The kernel does not drop pages that a running function has mapped."""
    place = stored[1]["efs"]
    read_weights(stored[1], bundle, "efs")
    with (
        (folder_of(stored[1], "s3files") / WEIGHTS).open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
    ):
        assert len(mapped[:]) == SIZES[WEIGHTS]
        assert evict([*place.files(), *place.behind()]).after == 0


@MOUNTS
@pytest.mark.parametrize("name", ["s3", "efs"])
def test_cold_bytes_come_from_the_disk(stored: Stored, bundle: Bundle, name: str) -> None:
    volumes = stored[0].files()
    evict([*stored[1]["efs"].files(), *volumes])
    read_weights(stored[1], bundle, name)
    assert sum(map(resident, volumes)) >= SIZES[WEIGHTS], "neither the mount nor a server has kept the bytes"


def test_what_comes_and_goes_beside_the_volumes_is_none_of_them(stored: Stored) -> None:
    volumes = stored[0].files()
    passing = volumes[0].with_name("models_1.vif.tmp.17")
    passing.touch()
    assert stored[0].files() == volumes
    passing.unlink()


@MOUNTS
@pytest.mark.parametrize("name", ["s3", "efs", "oci"])
def test_the_index_can_be_made_cold_and_warm_without_the_weights(stored: Stored, bundle: Bundle, name: str) -> None:
    place = stored[1][name]
    read_weights(stored[1], bundle, name)
    weights = [path for path in place.files() if path.name == WEIGHTS]
    index_bytes, before = sum(path.stat().st_size for path in bundle.index_files), sum(map(resident, weights))
    fill(place.index())
    assert index_bytes <= sum(map(resident, place.index())) < index_bytes + 300_000, "pages, and what volumes add"
    evict([*place.index(), *place.index_behind()])
    assert sum(map(resident, [*place.index(), *place.index_behind()])) == 0
    assert sum(map(resident, weights)) == before


@MOUNTS
@pytest.mark.parametrize("name", ["s3", "efs"])
def test_a_cold_index_comes_from_the_disk(stored: Stored, bundle: Bundle, name: str) -> None:
    place, volumes = stored[1][name], stored[0].files()
    evict([*stored[1]["efs"].index(), *volumes])
    for path in bundle.index_files:
        if name == "s3":
            url = f"{place.environment['AWS_ENDPOINT_URL_S3']}/{BUCKET}/{bundle.source_hash}/{path.name}"
            assert requests.get(url, timeout=60).content == path.read_bytes()
        else:
            assert (folder_of(stored[1], name) / path.name).read_bytes() == path.read_bytes()
    index_bytes = sum(path.stat().st_size for path in bundle.index_files)
    assert sum(map(resident, stored[0].index_parts(bundle))) >= index_bytes


def read_weights(places: dict[str, Holding], bundle: Bundle, name: str) -> None:
    if name == "s3":
        url = f"{places['s3'].environment['AWS_ENDPOINT_URL_S3']}/{BUCKET}/{bundle.source_hash}/{WEIGHTS}"
        assert len(requests.get(url, timeout=60).content) == SIZES[WEIGHTS]
    else:
        assert len((folder_of(places, name) / WEIGHTS).read_bytes()) == SIZES[WEIGHTS]


def test_everything_listens_at_an_address_that_nobody_guesses(stored: Stored) -> None:
    root = stored[0].files()[0].parents[2]
    ours = map(psutil.Process, processes_of(root.parent, root.name))
    servers = [process for process in ours if process.name() == "weed"]
    connections = [connection for process in servers for connection in process.net_connections("inet")]
    listening = [connection.laddr.ip for connection in connections if connection.status == psutil.CONN_LISTEN]
    assert len(listening) >= 8
    assert set(listening) == {ADDRESS}, "not where a page of a browser could guess it"


def check_plain(place: Holding, bundle: Bundle) -> None:
    folder = Path(place.environment["MODEL_DIR"])
    assert not os.path.ismount(folder)
    assert all((folder / path.name).read_bytes() == path.read_bytes() for path in bundle.files)
    assert place.sentence.startswith("plain folder")
    assert sorted(place.files()) == sorted(folder / path.name for path in bundle.files)


def test_without_fuse_or_image_tools_a_plain_folder_says_so(
    workspace: Workspace, bundle: Bundle, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    site = Site.of(workspace)
    on_efs, in_image = provided(efs, site, bundle), provided(oci, site, bundle)
    for place in (on_efs, in_image):
        check_plain(place, bundle)
        if os.access("/dev/fuse", os.W_OK):
            assert "apt-get install -y fuse3" in place.sentence
    assert os.stat(on_efs.files()[0]).st_nlink > 1, "no copy of the weights where a hard link will do"
    with open(on_efs.files()[0], "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert mapped[:]
        assert evict(in_image.files()).after == 0, "what one storage has in use does not keep another warm"


def test_without_root_the_image_is_a_plain_folder(
    workspace: Workspace, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    place = provided(oci, Site.of(workspace), bundle)
    check_plain(place, bundle)
    if shutil.which("mke2fs"):
        assert "needs root" in place.sentence


def test_without_loop_devices_the_image_is_a_plain_folder(
    workspace: Workspace, bundle: Bundle, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(oci, "missing_for_image", lambda: "")
    for name, script in {"mke2fs": "touch oci.ext4; exit 0", "mount": "echo no loop device >&2; exit 1"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\ncd {workspace.root}; {script}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    place = provided(oci, Site.of(workspace), bundle)
    check_plain(place, bundle)
    assert "no loop device" in place.sentence


@MOUNTS
def test_without_direct_io_the_image_is_evicted_with_the_loop_devices_copy(
    workspace: Workspace, bundle: Bundle, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "losetup").write_text("#!/bin/sh\necho invalid argument >&2; exit 1\n")
    (tmp_path / "losetup").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    place = provided(oci, Site.of(workspace), bundle)
    assert os.path.ismount(place.environment["MODEL_DIR"])
    evict([*place.files(), *place.behind()])
    assert len((Path(place.environment["MODEL_DIR"]) / WEIGHTS).read_bytes()) == SIZES[WEIGHTS]
    assert sum(map(resident, place.behind())) >= SIZES[WEIGHTS], "the second copy"
    assert evict([*place.files(), *place.behind()]).after == 0


@MOUNTS
def test_mount_that_is_not_permitted_becomes_a_plain_folder(
    workspace: Workspace, bundle: Bundle, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    refusing = tmp_path / "weed"
    refusing.write_text("#!/bin/sh\necho 'F1121 21:20:18.067227 mount_std.go:234 Mount fail: not permitted'; exit 1\n")
    refusing.chmod(0o755)
    monkeypatch.setattr(mount, "weed", lambda: refusing)
    place = provided(efs, Site.of(workspace), bundle)
    check_plain(place, bundle)
    assert place.sentence.endswith("(no FUSE mount: Mount fail: not permitted)")


def test_copies_where_hard_links_cannot_be(
    workspace: Workspace, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    place = asyncio.run(plain_folder(workspace, bundle, "efs", "test"))
    check_plain(place, bundle)


def test_server_that_does_not_start_shows_its_log(
    workspace: Workspace, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind((ADDRESS, 0))
        monkeypatch.setattr("lab.storages.seaweed.free_ports", lambda count: [taken.getsockname()[1]] * count)
        with pytest.raises(LabError, match=r"(?s)weed master does not start:.*in use"):
            provided(s3, Site.of(workspace), bundle)


def test_weed_is_found_beside_the_interpreter() -> None:
    assert os.access(weed(), os.X_OK)


def test_living_labs_are_not_stale(workspace: Workspace) -> None:
    assert workspace.root not in sweep_stale(workspace.root.parent, "model-storage-lab-")
    assert workspace.root.exists()
