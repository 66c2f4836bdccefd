"""Names the resources and the permissions of the HTTP API's routes."""

from __future__ import annotations

from contract.route_keys import DEFAULT
from stacks.naming import slug


def resource_name(key: str, model: str) -> str:
    """Return the name of a route's resource; `_`, which no model's name contains, keeps the models' routes apart."""
    return f"{model}_{slug(key.replace(f'/{model}', '', 1))}" if model else slug(key)


def permitted_path(key: str) -> str:
    """Return the end (stage, method, path) of the gateway's source ARN when it serves a route.

    The stage is a wildcard, as the AWS console writes it; the API has only one.
    """
    if key == DEFAULT:
        return f"/*/{DEFAULT}"
    method, path = key.split(" ")
    return f"/*/{'*' if method == 'ANY' else method}{path}"
