"""An environment's network: where it leads, what limits it, and that nothing else is reached through it."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.host.errors import LabError
from lab.host.workspace import Workspace
from lab.shape import links
from lab.shape.links import SERVERS, connect, servers_namespace
from lab.shape.namespace import Namespace
from lab.shape.shape import Network, like_lambda
from lab.shape.surroundings import Around, Shaped, unshaped
from tests.lab.support.accounts import serve, witness
from tests.lab.support.shaped import connections, links_of, namespaces_of, needs_network

LIMITS = Network(bucket=300_000_000, burst=1e9, steady=1e8)


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    workspace = Workspace()
    yield workspace
    workspace.close()
    assert not workspace.root.exists()
    assert (links_of(workspace.root), namespaces_of(workspace.root)) == ([], [])


def test_an_environment_without_a_shape_has_nothing_around_it(workspace: Workspace) -> None:
    around = asyncio.run(unshaped(workspace))
    assert (around.wrapper, around.around.variables, around.around.binds) == ((), {}, {})
    asyncio.run(around.close())


@needs_network
def test_an_environment_reaches_the_servers_and_nothing_else(workspace: Workspace) -> None:
    async def found() -> tuple[str, str, dict[str, str]]:
        servers = await servers_namespace(workspace)
        shaped = await Shaped(servers, LIMITS, None)(workspace)
        with socket.create_server(("0.0.0.0", 0)) as ours:  # what any program of the host may have open
            port = ours.getsockname()[1]
            addresses = await workspace.run(*shaped.wrapper, "ip", "-json", "-4", "addr")
            routes = await workspace.run(*shaped.wrapper, "ip", "-json", "route")
            there = await connections(
                workspace, shaped.wrapper, f"127.0.0.1:{port}", "192.0.2.1:80", "169.254.169.254:80", f"{SERVERS}:1"
            )
        return addresses, routes, there

    addresses, routes, there = asyncio.run(found())
    assert {link["ifname"] for link in json.loads(addresses)} == {"lo", "data"}, "control has the address of data"
    assert {route["dst"]: route["dev"] for route in json.loads(routes)} == {SERVERS: "data", "169.254.0.2": "control"}
    assert [text.split(":")[0] for text in there.values()] == [
        *("ConnectionRefusedError", "OSError", "OSError"),  # a loopback of its own; no way out
        "ConnectionRefusedError",  # the servers' network answers, and nobody listens there
    ]


@needs_network
def test_the_bucket_is_on_the_side_that_sends_to_the_environment(workspace: Workspace) -> None:
    async def found() -> tuple[str, str]:
        servers, network = await servers_namespace(workspace), await Namespace.make(workspace)
        made = await connect(workspace, servers, network, LIMITS)
        sending = await workspace.run(*servers.inside("tc", "qdisc", "show", "dev", made.data))
        return sending, await workspace.run(*network.inside("tc", "qdisc", "show"))

    sending, inside = asyncio.run(found())
    rate, bucket, peak = re.search(r"tbf .* rate (\w+) burst (\w+) peakrate (\w+) ", sending).groups()  # type: ignore[union-attr]
    assert (rate, peak) == ("800Mbit", "8Gbit")
    assert int(bucket.removesuffix("b")) == pytest.approx(300e6 * 0.9, rel=1e-3)
    assert "tbf" not in inside


@given(
    st.floats(1e6, 4e8, allow_nan=False), st.floats(1.01, 100, allow_nan=False), st.integers(1_000_000, 2_000_000_000)
)
def test_the_bucket_is_empty_when_as_many_bytes_are_out(steady: float, times: float, bucket: int) -> None:
    """By the arithmetic of a token bucket: it begins full, fills at `steady` and empties at `burst`."""
    words = links._bucket(Network(bucket, steady * times, steady))
    level, seconds = float(words[words.index("burst") + 1]), bucket / (steady * times)
    assert level + steady * seconds == pytest.approx(bucket, rel=1e-5)


@needs_network
@pytest.mark.parametrize("same_lab", [True, False])
def test_environments_never_share_an_address(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, same_lab: bool
) -> None:
    """The kernel decides: whoever routes an address first has it."""
    monkeypatch.setattr(links, "_ENVIRONMENTS", range(links._ENVIRONMENTS.start, links._ENVIRONMENTS.start + 1))
    other = workspace if same_lab else Workspace()

    async def both() -> None:
        first, second = [(lab, await servers_namespace(lab), await Namespace.make(lab)) for lab in (workspace, other)]
        await connect(*first, None)
        with pytest.raises(LabError, match="no free address after 20 attempts"):
            await connect(*second, None)

    try:
        asyncio.run(both())
        assert len(links_of(workspace.root)) == 1
        assert same_lab or links_of(other.root) == []
    finally:
        if not same_lab:
            other.close()


@needs_network
def test_the_end_of_an_environment_takes_everything_away(workspace: Workspace) -> None:
    closed = []

    async def around(_: Namespace) -> Around:
        async def close() -> None:
            closed.append(True)

        return Around({"MODEL_DIR": "/its/own"}, close=close)

    async def run() -> list[str]:
        servers = await servers_namespace(workspace)
        before = len(namespaces_of(workspace.root))
        shaped = await Shaped(servers, LIMITS, around)(workspace)
        assert len(namespaces_of(workspace.root)) == before + 1
        await shaped.close()
        assert len(namespaces_of(workspace.root)) == before
        return (await workspace.run(*servers.inside("ip", "-o", "link"))).splitlines()

    assert len(asyncio.run(run())) == 1, "the servers keep loopback alone"
    assert (links_of(workspace.root), closed) == ([], [True])


@needs_network
def test_a_storage_that_fails_leaves_no_network_behind(workspace: Workspace) -> None:
    async def around(_: Namespace) -> Around:
        raise LabError("no mount here")

    async def run() -> int:
        servers = await servers_namespace(workspace)
        with pytest.raises(LabError, match="no mount here"):
            await Shaped(servers, LIMITS, around)(workspace)
        return len(namespaces_of(workspace.root))

    assert (asyncio.run(run()), links_of(workspace.root)) == (1, [])


@needs_network
def test_what_cannot_be_taken_away_is_said_and_left_to_the_janitor(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        shaped = await Shaped(await servers_namespace(workspace), LIMITS, None)(workspace)
        await workspace.run("ip", "link", "del", links_of(workspace.root)[0])
        await shaped.close()

    asyncio.run(run())
    assert "something of an environment stays until the lab ends: ip link del lab" in caplog.text
    assert len(namespaces_of(workspace.root)) == 1, "all else is taken away"


@needs_network
def test_a_function_runs_in_its_network_with_what_its_storage_adds() -> None:
    """The lab reaches its emulator through the control link; variables of the storage replace the function's."""
    made = []

    async def around(network: Namespace) -> Around:
        made.append(network)
        return Around({"MODEL_DIR": "/its/own"})

    async def surround(workspace: Workspace) -> object:
        return await Shaped(await servers_namespace(workspace), like_lambda().network, around)(workspace)

    with serve(witness(surround=surround, environment={"MODEL_DIR": "/shared"})) as account:
        state = account.invoke({"do": "state"})
        assert state["variables"]["MODEL_DIR"] == "/its/own"
        assert len(links_of(account.root)) >= 1
    assert made
    assert links_of(account.root) == []
