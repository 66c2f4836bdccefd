"""The routes of the HTTP API: which paths there are, and what a path's route and permission are called."""

from __future__ import annotations

from collections.abc import Iterator

from stacks.naming import slug

ENCODING = ("similar", "text-to-embed", "text-to-db-similar")  # GET and POST; these need the model
SEARCHING = ("embed-to-db-similar",)  # GET and POST; these need the incident index alone
HEALTH = "health"  # GET
PAGE = ("GET /", "HEAD /", "GET /openapi.json")
NAMES = (*ENCODING, *SEARCHING, HEALTH)


def encoder_keys(prefix: str) -> Iterator[str]:
    """Yield the routes to the function that encodes; `prefix` is empty or a path such as /efs."""
    yield from _both(prefix, ENCODING)


def search_keys(prefix: str) -> Iterator[str]:
    """Yield the routes to the function that has only the index: what it can answer, and whether it is well.

    It also gets what nothing else takes, and answers 404 or 405: whoever tries paths out starts no model.
    """
    yield from _both(prefix, SEARCHING)
    yield f"GET {prefix}/{HEALTH}"
    yield f"ANY {prefix}/{{proxy+}}" if prefix else "$default"


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
