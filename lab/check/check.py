"""Tests a shape: brings up what its dimensions need, and asks each one."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import aiohttp

from contract.precisions import Reduction
from lab.check.dimension import Dimension
from lab.check.image_chunks import ChunkTimes
from lab.check.inside import Inside, ProbeError
from lab.check.network import DataLink
from lab.check.object_store import ObjectStore
from lab.check.processor import ProcessorTime
from lab.check.streams import Streams
from lab.host.errors import LabError
from lab.host.workspace import Workspace
from lab.runtime import rie
from lab.runtime.emulator import Host
from lab.shape.links import servers_namespace
from lab.shape.shape import Shape
from lab.shape.tested import Found, SelfTest
from lab.storages.bundle import Bundle
from lab.storages.holding import Site

DIMENSIONS: tuple[Dimension, ...] = (ProcessorTime(), DataLink(), ObjectStore(), Streams(), ChunkTimes())
_BUNDLE_BYTES = 160 << 20


async def self_test(shape: Shape, say: Callable[[str], None], dimensions: Sequence[Dimension] = DIMENSIONS) -> SelfTest:
    """Measure every dimension that the shape limits; `say` is told each figure as it is found. Raises LabError."""
    found: list[Found] = []
    async with inside(_after_a_deployment(shape)) as environments:
        for dimension in dimensions:
            for figure in await _found(dimension, environments, say):
                say(in_words(figure))
                found.append(figure)
    return SelfTest(datetime.now(UTC).isoformat(timespec="minutes"), tuple(found))


@asynccontextmanager
async def inside(shape: Shape) -> AsyncIterator[Inside]:
    """A workspace with the servers that environments of the shape need; nothing is left of it."""
    workspace = Workspace()
    try:
        binary = await asyncio.to_thread(rie.emulator)
        servers = await servers_namespace(workspace) if shape.network else None
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout()) as session:
            site = Site.of(workspace, shape, servers)
            environments = Inside(Host(workspace, binary, session), site, shape, _bundle(workspace))
            try:
                yield environments
            finally:
                environments.close()
    finally:
        workspace.close()


def in_words(found: Found) -> str:
    """One figure as a line of the test's table."""
    verdict = "" if found.is_met else f"  bound: {found.bound}" if found.bound else "  NOT AS WANTED"
    return f"{found.name:40} {found.wanted:10,.2f} {found.reached:10,.2f} {found.ratio:6.2f}  {found.unit}{verdict}"


async def _found(dimension: Dimension, environments: Inside, say: Callable[[str], None]) -> list[Found]:
    """A dimension that cannot be measured is not as wanted: nothing is reached."""
    wanted = dimension.wanted(environments.shape)
    if not wanted:
        return []
    try:
        reached = await dimension.reached(environments)
    except (ProbeError, LabError) as error:
        say(f"{wanted[0].name}: {error}")
        return [Found(each.name, each.unit, each.value, 0.0) for each in wanted]
    return [
        Found(want.name, want.unit, want.value, got.value, got.bound) for want, got in zip(wanted, reached, strict=True)
    ]


def _after_a_deployment(shape: Shape) -> Shape:
    """The shape with an image that nobody has read, so that both kinds of reads can be seen."""
    return replace(shape, image=replace(shape.image, cached=False)) if shape.image else shape


def _bundle(workspace: Workspace) -> Bundle:
    """A bundle of one file of random bytes, so that nothing on their way can be short of them."""
    folder = workspace.folder("shape-check-bundle")
    file = folder / "random.bin"
    file.write_bytes(os.urandom(_BUNDLE_BYTES))
    return Bundle(folder, (file,), "shape-check", "synthetic", Reduction())
