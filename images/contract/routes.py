"""Lists the routes of the service: the fields that each takes, and the function that answers it."""

from __future__ import annotations

from typing import Literal, NamedTuple

METHODS = ("GET", "POST")
SNAPSHOTS = "snapstart"  # ends a backend's name in paths to its snapshots, and names the alias that they lead to
Needs = Literal["model", "index"]


class Route(NamedTuple):
    """A route: `takes` names its fields; what `needs` the model is answered by the encoder, all else by search."""

    name: str
    takes: tuple[str, ...]
    needs: Needs
    methods: tuple[str, ...] = METHODS


SIMILAR = Route("similar", takes=("text", "num"), needs="model")
TEXT_TO_EMBED = Route("text-to-embed", takes=("text",), needs="model")
TEXT_TO_DB = Route("text-to-db-similar", takes=("text", "num"), needs="model")
EMBED_TO_DB = Route("embed-to-db-similar", takes=("embed", "num"), needs="index")
HEALTH = Route("health", takes=(), needs="index", methods=("GET",))

ROUTES = {route.name: route for route in (SIMILAR, TEXT_TO_EMBED, TEXT_TO_DB, EMBED_TO_DB, HEALTH)}
FIELDS = tuple(dict.fromkeys(field for route in ROUTES.values() for field in route.takes))
NEED_INDEX = tuple(name for name, route in ROUTES.items() if route.needs == "index")
