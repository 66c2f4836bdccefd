"""The self-test finds what is planted: faults of a shaped lab, of which none may pass as the machine's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from contract.shapes import TOLERANCE
from lab.check import check
from lab.check.check import self_test
from lab.check.dimension import Dimension
from lab.check.image_chunks import ChunkTimes
from lab.check.network import DataLink
from lab.check.object_store import ObjectStore
from lab.check.processor import ProcessorTime
from lab.check.streams import Streams
from lab.host import cgroups
from lab.host.janitor import PROCESSOR_GROUPS, UNIFIED_GROUPS
from lab.shape import links, surroundings
from lab.shape import processor as shares
from lab.shape.needs import obstacle
from lab.shape.shape import Bucket, FileSystem, ImageChunks, Network, Shape, processor
from lab.shape.surroundings import Surroundings, unshaped
from lab.shape.tested import Found, SelfTest
from lab.storages.holding import Site
from lab.storages.proxy import Proxy

#: Limits that any machine can reach, soon.
SMALL = Shape(
    "small",
    processor(),
    Network(8_000_000, 100e6, 8e6),
    Bucket(40.0, 10e6),
    FileSystem(128 << 10, 20.0, 100e6),
    ImageChunks(512 << 10, later_ms=15.0, first_ms=40.0),
)
PROCESSOR = ProcessorTime(sizes_mb=(128,), seconds=0.5)
LINK, STORE, FILES, CHUNKS = DataLink(seconds=1.0), ObjectStore(4 << 20), Streams(1 << 20), ChunkTimes(count=6)
Patch = pytest.MonkeyPatch

pytestmark = pytest.mark.skipif(obstacle(SMALL) is not None, reason=obstacle(SMALL) or "")


@dataclass(frozen=True)
class Fault:
    """What goes wrong in a lab, and the dimension that must show it: by figures that are too good, or by none."""

    plant: Callable[[Patch], None]
    dimension: Dimension
    none: bool = False


def no_quota(patch: Patch) -> None:
    patch.setattr(cgroups, "set_quota", lambda group, quota, period: None)


def quota_of_another_size(patch: Patch) -> None:
    right = cgroups.set_quota
    patch.setattr(cgroups, "set_quota", lambda group, quota, period: right(group, quota * 3 // 2, period))


def quota_on_the_emulator(patch: Patch) -> None:
    def admit(share: Any, pid: int) -> None:
        cgroups.admit(share._group, psutil.Process(pid).ppid())

    patch.setattr(shares.ProcessorShare, "admit", admit)


def boost_that_never_ends(patch: Patch) -> None:
    patch.setattr(shares.ProcessorShare, "end_init", lambda share: None)


def environment_in_the_hosts_network(patch: Patch) -> None:
    async def outside(self: Any, workspace: Any) -> Surroundings:
        return await unshaped(workspace)

    patch.setattr(surroundings.Shaped, "__call__", outside)


def no_token_bucket(patch: Patch) -> None:
    right = links.connect
    patch.setattr(surroundings, "connect", lambda *where: right(*where[:3], None))


def token_bucket_on_the_wrong_side(patch: Patch) -> None:
    right = links.connect

    async def connect(workspace: Any, servers: Any, environment: Any, limits: Any) -> Any:
        made = await right(workspace, servers, environment, None)
        if limits:  # where a rate is too low, the self-test also measures without any
            rules = links._bucket(limits)
            await workspace.run(*environment.inside("tc", "qdisc", "add", "dev", "data", "root", *rules))
        return made

    patch.setattr(surroundings, "connect", connect)


def dead_proxy(patch: Patch) -> None:
    right = Proxy.loaded

    async def loaded(self: Any, bundle: Any) -> None:
        await right(self, bundle)
        master = psutil.Process(int((self._workspace.root / "nginx" / "nginx.pid").read_text()))
        for process in (master, *master.children()):
            process.kill()

    patch.setattr(Proxy, "loaded", loaded)


def other_limits(**changes: Any) -> Callable[[Patch], None]:
    """A lab whose storages have other limits than it says."""

    def plant(patch: Patch) -> None:
        right = Site.of
        patch.setattr(
            Site, "of", lambda workspace, shape, servers=None: right(workspace, replace(shape, **changes), servers)
        )

    return plant


FAULTS = {
    "no quota": Fault(no_quota, PROCESSOR),
    "quota of another size": Fault(quota_of_another_size, PROCESSOR),
    "quota on the emulator": Fault(quota_on_the_emulator, PROCESSOR),
    "boost of INIT that never ends": Fault(boost_that_never_ends, PROCESSOR),
    "environment in the host's network": Fault(environment_in_the_hosts_network, LINK, none=True),
    "no token bucket": Fault(no_token_bucket, LINK),
    "token bucket on the wrong side": Fault(token_bucket_on_the_wrong_side, LINK),
    "dead proxy": Fault(dead_proxy, STORE, none=True),
    "connections without a limit": Fault(other_limits(bucket=Bucket(40.0, 1e9)), STORE),
    "file system without a delay": Fault(other_limits(file_system=FileSystem(128 << 10, 0.1, 1e9)), FILES),
    "chunks without a delay": Fault(other_limits(image=ImageChunks(512 << 10, 0.0, 0.0, cached=False)), CHUNKS),
    "chunk cache full from the start": Fault(
        other_limits(image=ImageChunks(512 << 10, 15.0, 40.0, cached=True)), CHUNKS
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found(name: str) -> None:
    found = found_of(name)
    assert not found.is_sound
    if FAULTS[name].none:
        assert [each.reached for each in found.found] == [0.0] * len(found.found)
    else:
        assert any(map(too_good, found.found)), found  # a busy machine makes figures worse, never better


def too_good(found: Found) -> bool:
    """Whether a time is shorter, or a rate or size larger, than the limit allows."""
    return found.ratio < 1 - TOLERANCE if found.unit == "ms" else found.ratio > 1 + TOLERANCE


def before_all_others(patch: Patch) -> None:
    """Give environments the processors before anything else that runs: what gets none cannot get too much of them."""
    right = cgroups.processor_group

    def heavy(lab: str, environment: str) -> Path:
        group = right(lab, environment)
        for each in (group, *group.parents):
            if each in (PROCESSOR_GROUPS, UNIFIED_GROUPS):
                return group
            for file, most in (("cpu.shares", 262_144), ("cpu.weight", 10_000)):
                if (each / file).exists():
                    (each / file).write_text(str(most))
        raise AssertionError(f"{group} is in no tree of control groups")

    patch.setattr(cgroups, "processor_group", heavy)


def found_of(name: str) -> SelfTest:
    """What the self-test finds with that fault planted."""
    fault = FAULTS[name]
    with pytest.MonkeyPatch.context() as patch:
        before_all_others(patch)
        fault.plant(patch)
        patch.setattr(check, "_BUNDLE_BYTES", 16 << 20)
        return asyncio.run(self_test(SMALL, print, [fault.dimension]))
