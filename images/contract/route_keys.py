"""Makes the keys of the HTTP API's routes: which lead to the encoder, which to search, and which to the page."""

from __future__ import annotations

from collections.abc import Iterator

from contract.routes import ROUTES, Needs

PAGE = ("GET /", "HEAD /", "GET /openapi.json")
DEFAULT = "$default"
GREEDY = "{proxy+}"


def encoder_keys(prefix: str) -> Iterator[str]:
    """Yield the routes to the function that encodes; `prefix` is empty or a path such as /efs."""
    yield from _keys(prefix, "model")


def search_keys(prefix: str) -> Iterator[str]:
    """Yield the routes to the function that has only the index: those that it can answer, and its health.

    It also gets everything that nothing else takes, and answers 404 or 405, so that trying paths starts no model.
    """
    yield from _keys(prefix, "index")
    yield f"ANY {prefix}/{GREEDY}" if prefix else DEFAULT


def preflight_key(prefix: str) -> str:
    """The route that CORS preflights take, past the authorisation and past the function that encodes."""
    return f"OPTIONS {prefix}/{GREEDY}"


def _keys(prefix: str, needs: Needs) -> Iterator[str]:
    for route in ROUTES.values():
        if route.needs == needs:
            for method in route.methods:
                yield f"{method} {prefix}/{route.name}"
