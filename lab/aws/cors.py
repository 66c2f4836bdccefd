"""Answers cross-origin requests as an HTTP API of API Gateway with a CORS configuration does."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass

from contract.cors import ALLOWED, EXPOSED, MAX_AGE_S
from contract.routes import METHODS

_PREFIX = "access-control-"


@dataclass(frozen=True)
class Cors:
    """The origins whose pages may ask; `*` among them means all, an empty set no CORS."""

    origins: tuple[str, ...] = ()

    def apply(self, method: str, request: Mapping[str, str], response: MutableMapping[str, str]) -> None:
        """Set an answer's CORS headers by the request's headers, in place of those that the function set."""
        if not self.origins:
            return
        for name in [name for name in response if name.lower().startswith(_PREFIX)]:
            del response[name]
        origin = request.get("Origin")
        if origin is None or not {origin, "*"} & set(self.origins):
            return
        response[f"{_PREFIX}allow-origin"] = "*" if "*" in self.origins else origin
        if method == "OPTIONS" and "Access-Control-Request-Method" in request:
            response[f"{_PREFIX}allow-methods"] = ",".join(METHODS)
            response[f"{_PREFIX}allow-headers"] = ",".join(ALLOWED)
            response[f"{_PREFIX}max-age"] = str(MAX_AGE_S)
        else:
            response[f"{_PREFIX}expose-headers"] = ",".join(EXPOSED)
