"""The API: routes, authorisation, permissions, limits."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.stacks.recorder import UNKNOWN, Graph

AUTHORIZATION = {"iam": "AWS_IAM", "jwt": "JWT", "none": "NONE"}
# What the service says of itself in headers, which a page may read only if the API exposes them.
EXPOSED = {
    *("server-timing", "x-environment-id", "x-invocation", "x-config-nonce", "x-storage-backend", "x-engine"),
    *("x-bundle-hash", "x-weights", "x-fetched-bytes", "x-request-id", "x-log-stream"),
}


def routes_are_authorised(graph: Graph) -> Iterator[str]:
    """One route without authorisation is an open door; only CORS preflights come without credentials."""
    expected = AUTHORIZATION[graph.exports["authMode"]]
    for route in graph.of(":Route"):
        preflight = route.inputs["routeKey"].startswith("OPTIONS ")
        if route.inputs.get("authorizationType") != ("NONE" if preflight else expected):
            yield f"{route.inputs['routeKey']} is authorised by {route.inputs.get('authorizationType')}"
        if (expected == "JWT" and not preflight) is not ("authorizerId" in route.inputs):
            yield f"{route.inputs['routeKey']} has the wrong authorizer"


def routes_are_complete(graph: Graph) -> Iterator[str]:
    """Every known path of every backend, and a catch-all each, so that it is the function that says what is wrong."""
    keys = {route.inputs["routeKey"] for route in graph.of(":Route")}
    known = ("similar", "text-to-embed", "embed-to-db-similar", "text-to-db-similar")
    for prefix in ["", *(f"/{backend}" for backend in graph.exports["backends"])]:
        expected = {f"{method} {prefix}/{path}" for method in ("GET", "POST") for path in known}
        expected |= {f"GET {prefix}/health", f"ANY {prefix}/{{proxy+}}" if prefix else "$default"}
        if missing := expected - keys:
            yield f"missing: {sorted(missing)}"


def web_pages_may_ask(graph: Graph) -> Iterator[str]:
    """Browsers ask first, without credentials: a preflight that a catch-all route answers 401 or 403 ends it there."""
    cors = graph.one(":Api").inputs.get("corsConfiguration")
    keys = {route.inputs["routeKey"] for route in graph.of(":Route")}
    asked = {f"OPTIONS {prefix}/{{proxy+}}" for prefix in ["", *(f"/{name}" for name in graph.exports["backends"])]}
    expected = asked if cors and graph.exports["authMode"] != "none" else set()
    if expected != (found := {key for key in keys if key.startswith("OPTIONS ")}):
        yield f"preflights go to {sorted(found)}, not to {sorted(expected)}"
    if cors and not set(cors.get("exposeHeaders", [])) >= EXPOSED:
        yield f"pages may read {cors.get('exposeHeaders')}"
    signed = {"authorization", "content-type", "x-amz-date", "x-amz-security-token"}
    if cors and not set(cors.get("allowHeaders", [])) >= signed:
        yield f"pages may send {cors.get('allowHeaders')}"


def routes_may_invoke(graph: Graph) -> Iterator[str]:
    """A route without permission answers 500; a permission without a source lets every API in AWS call the function."""
    permissions = {permission.parent: permission for permission in graph.of(":Permission")}
    for route in graph.of(":Route"):
        permission = permissions.pop(route.urn, None)
        if permission is None:
            yield f"{route.inputs['routeKey']} may not invoke"
            continue
        method, _, path = route.inputs["routeKey"].partition(" ")
        end = f"/*/{'*' if method == 'ANY' else method}{path}" if path else "/*/$default"
        source = permission.inputs.get("sourceArn", "")
        if source != UNKNOWN and not (source.startswith("arn:aws:execute-api:") and source.endswith(end)):
            yield f"{route.inputs['routeKey']} may be invoked by {source or 'everybody'}"
        [integration] = [graph.by_urn()[urn] for urn in route.property_dependencies["target"] if "Integration" in urn]
        [called] = integration.property_dependencies["integrationUri"]
        if called not in permission.property_dependencies["function"]:
            yield f"{route.inputs['routeKey']} may invoke another function than it does"
    if permissions:
        yield f"permissions without a route: {sorted(item.name for item in permissions.values())}"


def the_api_is_throttled_and_logged(graph: Graph) -> Iterator[str]:
    """Without a limit anybody can spend the owner's money; without latencies in its log its own is unknown."""
    stage = graph.one(":Stage")
    limits = stage.inputs.get("defaultRouteSettings", {})
    if not limits.get("throttlingRateLimit") or not limits.get("throttlingBurstLimit"):
        yield f"the stage's limits are {limits}"
    text = stage.inputs.get("accessLogSettings", {}).get("format", "")
    if not {"$context.integrationLatency", "$context.responseLatency"} <= set(json.loads(text or "{}").values()):
        yield f"the access log is {text}"
    if stage.inputs.get("name") != "$default" or stage.inputs.get("autoDeploy") is not True:
        yield "the stage is not $default, or routes are not deployed"


RULES = (
    routes_are_authorised,
    routes_are_complete,
    web_pages_may_ask,
    routes_may_invoke,
    the_api_is_throttled_and_logged,
)
