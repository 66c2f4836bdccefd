"""Finds the route that takes a request; routes have the keys that API Gateway gives them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from contract.route_keys import DEFAULT, GREEDY, encoder_keys, preflight_key, search_keys
from lab.aws import own_page
from lab.runtime.function import Invocation


class Integration(Protocol):
    """What a route leads to: a function, or the page."""

    async def invoke(self, event: bytes) -> Invocation:
        """Answer one event."""


@dataclass(frozen=True)
class Backend:
    """The two functions of a backend: `encoder` has every route, `search` those that need no model.

    Everything that no route takes also goes to `search`, which answers 404 or 405. `cold_start` is the lab's own.
    """

    encoder: Integration
    search: Integration
    cold_start: Integration | None = None


def backend_routes(prefix: str, backend: Backend) -> Iterator[tuple[str, Integration]]:
    """Yield the routes below `prefix` (`/s3`, or nothing), and the route that catches the rest there."""
    for key in encoder_keys(prefix):
        yield key, backend.encoder
    for key in search_keys(prefix):
        yield key, backend.search
    if backend.cold_start:
        yield own_page.cold_start_key(prefix), backend.cold_start


def preflight_route(prefix: str, backend: Backend) -> tuple[str, Integration]:
    """The route of CORS preflights below a prefix, which avoids the function that would load a model."""
    return preflight_key(prefix), backend.search


class Routes:
    """Routes by key.

    As in API Gateway a full path wins over a greedy one, a longer one over a shorter one, and a method over ANY;
    everything else goes to `$default`, if there is one.
    """

    def __init__(self, routes: Mapping[str, Integration]) -> None:
        self._routes = routes
        greedy = (key for key in routes if key.endswith(GREEDY))
        self._greedy = sorted(greedy, key=lambda key: (-len(prefix_of(key)), key.startswith("ANY ")))

    def find(self, method: str, path: str) -> tuple[str, Integration] | None:
        """The key of the route that takes a request, and where it leads."""
        for key in (f"{method} {path}", f"ANY {path}"):
            if key in self._routes:
                return key, self._routes[key]
        for key in self._greedy:
            prefix = prefix_of(key)
            if key.split(" ")[0] in (method, "ANY") and path.startswith(prefix) and path != prefix:
                return key, self._routes[key]
        return (DEFAULT, self._routes[DEFAULT]) if DEFAULT in self._routes else None


def prefix_of(key: str) -> str:
    """The part of a greedy route's path with which a request must begin."""
    return key.split(" ")[1].removesuffix(GREEDY)


def proxied(key: str, path: str) -> str | None:
    """The value of a greedy route's path variable; None if the route has none."""
    return path.removeprefix(prefix_of(key)) if key.endswith(GREEDY) else None
