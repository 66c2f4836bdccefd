"""Faults of the API."""

from __future__ import annotations

from tests.stacks.faults.fault import CORS, MODELS, OPEN, Fault
from tests.stacks.support.scenarios import JWT

FAULTS = (
    Fault(
        "an open route",
        "api.py",
        "authorization_type=authorization",
        'authorization_type="NONE"',
        "routes_are_authorised",
    ),
    Fault(
        "an authorizer that is not asked",
        "api.py",
        'if self._authorizer and authorization == "JWT"',
        "if False",
        "routes_are_authorised",
        {"auth": "jwt", **JWT},
    ),
    Fault(
        "preflights without credentials refused",
        "api.py",
        "if self._settings.cors_origins:",
        "if False:",
        "web_pages_may_ask",
        CORS,
    ),
    Fault(
        "preflights to an open API that load the model",
        "api.py",
        "if self._settings.cors_origins:",
        'if self._settings.cors_origins and self._settings.auth != "none":',
        "web_pages_may_ask",
        {**OPEN, **CORS},
    ),
    Fault(
        "headers that no page may read",
        "api.py",
        "expose_headers=list(cors.EXPOSED),",
        "",
        "web_pages_may_ask",
        CORS,
    ),
    Fault(
        "a route that is missing",
        "contract/routes.py",
        "(SIMILAR, TEXT_TO_EMBED, ",
        "(SIMILAR, ",
        "routes_lead_to_who_can_answer",
    ),
    Fault(
        "a health that loads the model",
        "api.py",
        "self._routes(search, route_keys.search_keys(prefix), model)",
        "self._routes(encoder, route_keys.search_keys(prefix), model)",
        "routes_lead_to_who_can_answer",
    ),
    Fault(
        "a second model without paths of its own default",
        "api.py",
        "if backend == self._settings.default_backend else []",
        "if backend == self._settings.default_backend and not model.name else []",
        "routes_lead_to_who_can_answer",
        MODELS,
    ),
    Fault(
        "a page without its document",
        "contract/route_keys.py",
        ', "GET /openapi.json"',
        ",",
        "routes_lead_to_who_can_answer",
        OPEN,
    ),
    Fault(
        "preflights that load the model",
        "api.py",
        'search, "NONE"',
        'encoder, "NONE"',
        "web_pages_may_ask",
        CORS,
    ),
    Fault(
        "a permission for every API",
        "api.py",
        "source_arn=pulumi.Output.concat(self._api.execution_arn, routes.permitted_path(key)),",
        "",
        "routes_may_invoke",
    ),
    Fault("a permission for another path", "api.py", "routes.permitted_path(key)", '"/*/GET/"', "routes_may_invoke"),
    Fault(
        "no limit",
        "api.py",
        "throttling_rate_limit=self._settings.throttle_rate,",
        "",
        "the_api_is_throttled_and_logged",
    ),
    Fault(
        "latencies unlogged",
        "api.py",
        '"integrationLatency": "$context.integrationLatency",',
        "",
        "the_api_is_throttled_and_logged",
    ),
)
