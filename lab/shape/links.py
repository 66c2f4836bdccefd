"""Links an execution environment's network to the servers of its lab, within the limits, and to the lab itself."""

from __future__ import annotations

import ipaddress
import secrets
from dataclasses import dataclass

from lab.host.errors import LabError
from lab.host.janitor import link_prefix
from lab.host.workspace import Workspace
from lab.shape.namespace import Namespace
from lab.shape.shape import Network

#: Where the environments of a lab reach its servers. RFC 3927 keeps the first 256 link-local addresses free.
SERVERS = "169.254.0.1"
#: Where they see the lab itself, which asks them and listens to nothing there.
_LAB = "169.254.0.2"
#: Where the environments are: link-local, but below 169.254.169, where clouds have servers of their own.
_ENVIRONMENTS = range(int(ipaddress.IPv4Address("169.254.1.0")), int(ipaddress.IPv4Address("169.254.169.0")))
_ATTEMPTS = 20
#: Bytes that may leave at once at the burst's rate. With fewer, timers cost more than the sending.
_AT_ONCE = 1 << 20
#: The largest packet, as in AWS's own networks. The bucket counts the headers, too: with so large packets 0.7 %.
_MTU = 9001
#: Bytes that may wait for the link. TCP keeps below it, so nothing is dropped.
_QUEUE = 256 << 20


@dataclass(frozen=True)
class Links:
    """The links of an environment: *data* to the servers, limited, and *control* to the lab, unlimited.

    `address` is the environment's on both; `data` and `control` are the names of their outer ends.
    """

    address: str
    data: str
    control: str


async def servers_namespace(workspace: Workspace) -> Namespace:
    """The network in which the servers of a lab listen at SERVERS; only its environments reach it."""
    namespace = await Namespace.make(workspace)
    await namespace.ip("link set lo up", f"addr add {SERVERS}/32 dev lo")
    return namespace


async def connect(workspace: Workspace, servers: Namespace, environment: Namespace, limits: Network | None) -> Links:
    """Link a new environment's network; its links go with it. Raises LabError."""
    links = await _control(workspace, environment)
    await servers.ip(
        f"link add {links.data} mtu {_MTU} type veth peer name data mtu {_MTU} netns {environment.file}",
        f"link set {links.data} up",
        f"route add {links.address}/32 dev {links.data} src {SERVERS}",
    )
    await environment.ip(
        "link set lo up",
        f"addr add {links.address}/32 dev data",
        "link set data up",
        "link set control up",
        f"route add {SERVERS}/32 dev data src {links.address}",
        f"route add {_LAB}/32 dev control src {links.address}",
    )
    if limits is not None:
        await workspace.run(*servers.inside("tc", "qdisc", "add", "dev", links.data, "root", *_bucket(limits)))
    return links


async def _control(workspace: Workspace, environment: Namespace) -> Links:
    """Link it to the lab at an address that no environment of any lab on this machine has."""
    for _ in range(_ATTEMPTS):
        address = ipaddress.IPv4Address(secrets.choice(_ENVIRONMENTS))
        mark = address.packed[2:].hex()
        links = Links(str(address), f"data-{mark}", f"{link_prefix(workspace.root)}{mark}")
        if await _added(workspace, f"link add {links.control} type veth peer name control netns {environment.file}"):
            lines = (
                f"addr add {_LAB}/32 dev {links.control}",
                f"link set {links.control} up",
                # The kernel has one route to an address, so whoever adds it owns the address.
                f"route add {address}/32 dev {links.control} src {_LAB}",
            )
            if await _added(workspace, *lines):
                return links
            await workspace.run("ip", "link", "del", links.control)
    raise LabError(f"no free address after {_ATTEMPTS} attempts: does another program route 169.254.0.0/16?")


async def _added(workspace: Workspace, *lines: str) -> bool:
    """Run lines of `ip` on the host; False if what they add exists already. Raises LabError for all else."""
    try:
        await workspace.run("ip", "-batch", "-", given="\n".join(lines))
    except LabError as error:
        if "File exists" not in str(error):
            raise
        return False
    return True


def _bucket(limits: Network) -> tuple[str, ...]:
    """The token bucket filter of `tc` with these limits: full at the start, and each rate in bits a second.

    What flows in during the burst flows out in it, too, so a smaller bucket lets just as many bytes out as are wanted.
    """
    bucket = round(limits.bucket * (1 - limits.steady / limits.burst))
    return (
        "tbf",
        *("rate", f"{round(limits.steady * 8)}bit", "burst", str(bucket)),
        *("peakrate", f"{round(limits.burst * 8)}bit", "mtu", str(_AT_ONCE)),
        *("limit", str(_QUEUE)),
    )
