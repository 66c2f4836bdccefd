"""The routes of the HTTP API: which paths there are, and what a path's route and permission are called."""

from __future__ import annotations

from collections.abc import Iterator

from stacks.naming import slug

ENCODING = ("similar", "text-to-embed", "text-to-db-similar")  # GET and POST; these need the model
SEARCHING = ("embed-to-db-similar",)  # GET and POST; these need the incident index alone
HEALTH = "health"  # GET
PAGE = ("GET /", "GET /openapi.json")
NAMES = (*ENCODING, *SEARCHING, HEALTH)


def encoder_keys(prefix: str) -> Iterator[str]:
    """Yield the routes to the function that encodes, and what catches the rest, so that it answers 404 and 405.

    `prefix` is empty or a path such as /efs; the empty one catches whatever nothing else does.
    """
    yield from _both(prefix, ENCODING)
    yield f"ANY {prefix}/{{proxy+}}" if prefix else "$default"


def search_keys(prefix: str) -> Iterator[str]:
    """Yield the routes to the function that has only the index: what it can answer, and whether it is well."""
    yield from _both(prefix, SEARCHING)
    yield f"GET {prefix}/{HEALTH}"


def preflight_key(prefix: str) -> str:
    """Return the route that CORS preflights take, past the authorisation and past the function that encodes."""
    return f"OPTIONS {prefix}/{{proxy+}}"


def _both(prefix: str, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        yield f"GET {prefix}/{name}"
        yield f"POST {prefix}/{name}"


def resource_name(key: str, model: str) -> str:
    """Return the name of a route's resource; `_`, which no model's name has, keeps the models' routes apart."""
    return f"{model}_{slug(key.replace(f'/{model}', '', 1))}" if model else slug(key)


def permitted_path(key: str) -> str:
    """Return the end of the source ARN (stage, method, path) that the gateway has when it serves a route.

    The stage is a wildcard, as the AWS console writes it; the API has only one.
    """
    if key == "$default":
        return "/*/$default"
    method, path = key.split(" ")
    return f"/*/{'*' if method == 'ANY' else method}{path}"
