"""Holds a bundle in a read-only file system that is mounted through FUSE, in place of EFS."""

from __future__ import annotations

from contract import readers
from contract.environment import MODEL_DIR, READERS
from lab.shape.block_device import BlockDevice, Shared
from lab.shape.namespace import Namespace
from lab.shape.shape import FileSystem
from lab.shape.surroundings import Around
from lab.storages.bundle import Bundle
from lab.storages.ext4 import make_ext4
from lab.storages.holding import BuiltImage, Holding, Site
from lab.storages.mounted import POINT, mounted


async def provide(site: Site, bundle: Bundle, label: str, image: BuiltImage | None) -> Holding:
    """The bundle in the mounted bucket, which a function in an image sees where Lambda mounts the access point."""
    if site.servers and site.shape.file_system:
        source = await _served(site, bundle, label, site.servers, site.shape.file_system)
        return _shared(site, source, inside=image is not None)
    return await mounted(
        site, "efs", bundle, label, image, "SeaweedFS mounted read-only through FUSE on this machine, in place of EFS"
    )


async def _served(site: Site, bundle: Bundle, label: str, servers: Namespace, figures: FileSystem) -> Shared:
    """The bundle on a server in the network of the lab's servers."""
    return await Shared.of(site.workspace, servers, await make_ext4(site.workspace, bundle, label), figures)


def _shared(site: Site, source: Shared, *, inside: bool) -> Holding:
    """What each environment mounts for itself over its own network; `inside` a built image, or on this machine.

    A kernel need not have an NFS client and server: what stands for NFS here is the latency of a read, the rate of a
    stream of reads, and the rate of a client.
    """
    figures = source.figures

    async def around(network: Namespace) -> Around:
        device = await BlockDevice.mount(site.workspace, network.file.name, source, network)
        return Around({} if inside else {MODEL_DIR: str(device.folder)}, {POINT: device.folder}, device.close)

    stream, client = (round(rate / (1 << 20), 1) for rate in (figures.stream, figures.client))
    sentence = (
        f"ext4 image on nbdkit, read over the environment's own network in place of NFS: {figures.piece_ms:.2g} ms for "
        f"{figures.piece >> 10} KiB, so {stream:g} MiB/s for a stream of reads, and {client:g} MiB/s for all of them"
    )
    # The service would take the block device for the image's, and choose the readers for that.
    return Holding({MODEL_DIR: POINT, READERS: str(readers.NFS)}, sentence, list, around=around)
