"""The lab's HTTP API is the stack's: they share no code, so their lists are held against each other."""

from __future__ import annotations

from lab.aws import cors, routes
from stacks import api
from stacks import routes as stack


class Nothing:
    """Leads nowhere."""

    async def invoke(self, event: bytes) -> None:
        raise AssertionError


def test_routes_are_the_same() -> None:
    backend = routes.Backend(Nothing(), Nothing())
    for prefix in ("", "/s3", "/minilm", "/minilm/s3"):
        found = dict(routes.backend_routes(prefix, backend))
        assert {key for key, to in found.items() if to is backend.encoder} == set(stack.encoder_keys(prefix))
        assert {key for key, to in found.items() if to is backend.search} == set(stack.search_keys(prefix))
        assert routes.preflight_route(prefix, backend) == (stack.preflight_key(prefix), backend.search)
    assert routes.PAGE_ROUTES == stack.PAGE
    assert set(routes.NAMES) == set(stack.NAMES)


def test_cors_is_the_same() -> None:
    assert cors.EXPOSED == api._EXPOSED
    assert cors.ALLOWED == api._ALLOWED
    assert api._CORS_SECONDS == cors.MAX_AGE_S
