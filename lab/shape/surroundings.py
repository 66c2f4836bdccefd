"""Makes what one execution environment finds around it: a network, and what its storage adds."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from lab.host.errors import LabError
from lab.host.ports import ADDRESS
from lab.host.workspace import Workspace
from lab.shape.links import connect
from lab.shape.namespace import Namespace
from lab.shape.shape import Network

_log = logging.getLogger(__name__)


async def _nothing() -> None:
    """End nothing."""


@dataclass(frozen=True)
class Around:
    """What a storage adds to one environment.

    `variables` replace those of the function; `binds` are host folders by where a function in an image sees them;
    `close` takes away what was made for this environment.
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    binds: Mapping[str, Path] = field(default_factory=dict)
    close: Callable[[], Awaitable[None]] = _nothing


#: Makes a storage's share of the surroundings of one environment, which has this network. Raises LabError.
MakeAround = Callable[[Namespace], Awaitable[Around]]


@dataclass(frozen=True)
class Surroundings:
    """Everything around one environment; without arguments nothing, at the lab's own address.

    `wrapper` is the command line that runs its processes there, `address` is where the lab reaches its emulator.
    """

    wrapper: tuple[str | Path, ...] = ()
    address: str = ADDRESS
    around: Around = Around()
    close: Callable[[], Awaitable[None]] = _nothing


#: Makes the surroundings of one more environment of a function. Raises LabError.
Surround = Callable[[Workspace], Awaitable[Surroundings]]


async def unshaped(_: Workspace) -> Surroundings:
    """The surroundings in a lab without a shape: none."""
    return Surroundings()


@dataclass(frozen=True)
class Shaped:
    """Makes the surroundings of the environments of one function in a lab with a limited network.

    `servers` is the network of the lab's servers; `around` what the function's storage adds, if anything.
    """

    servers: Namespace
    limits: Network | None
    around: MakeAround | None

    async def __call__(self, workspace: Workspace) -> Surroundings:
        """Make a network and what the storage adds to it; if anything fails, nothing stays."""
        made = AsyncExitStack()
        try:
            network = await Namespace.make(workspace)
            made.push_async_callback(network.remove)
            links = await connect(workspace, self.servers, network, self.limits)
            made.push_async_callback(workspace.run, "ip", "link", "del", links.control)
            made.push_async_callback(self.servers.ip, f"link del {links.data}")
            around = Around()
            if self.around is not None:
                around = await self.around(network)
                made.push_async_callback(around.close)
        except BaseException:
            await _close(made)
            raise
        return Surroundings(network.inside(), links.address, around, lambda: _close(made))


async def _close(made: AsyncExitStack) -> None:
    """Take away what was made, the last first; what cannot be taken away now is left to the janitor."""
    try:
        await made.aclose()
    except LabError as error:
        _log.warning("something of an environment stays until the lab ends: %s", error)
