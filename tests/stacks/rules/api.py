"""Rules for the API: routes, authorisation, permissions, limits."""

from __future__ import annotations

import json
from collections.abc import Iterator

from contract.checkout import ROOT
from tests.stacks.rules.reading import alias_of, page, served
from tests.stacks.support.recorder import UNKNOWN, Graph, Recorded

AUTHORIZATION = {"iam": "AWS_IAM", "jwt": "JWT", "none": "NONE"}
# What the service promises to its callers: the document was written without the program.
DOCUMENT = json.loads((ROOT / "page" / "openapi.json").read_text())
# The service's headers about itself, which a page may read only if the API exposes them.
EXPOSED = {
    name.lower() for name, header in DOCUMENT["components"]["headers"].items() if "const" not in header["schema"]
}


def routes() -> Iterator[tuple[str, str, bool]]:
    """Yield method and path of what the document promises below a prefix, and whether a text is to be embedded."""
    for path, item in DOCUMENT["paths"].items():
        if not path.startswith("/{backend}"):
            fields = {parameter["$ref"].rpartition("/")[2] for parameter in item["get"].get("parameters", [])}
            yield from ((method.upper(), path, "text" in fields) for method in item)


def prefixes(graph: Graph) -> Iterator[tuple[str, Recorded, Recorded]]:
    """Yield the paths below which a model answers, with the functions that encode and search there."""
    for pair in served(graph):
        model = f"/{pair.model}" if pair.model else ""
        yield f"{model}/{pair.backend}", *pair.functions
        if pair.backend == graph.exports["defaultBackend"]:
            yield model, *pair.functions
        if alias := alias_of(graph, pair.encoder):
            yield f"{model}/{pair.backend}-snapstart", alias, pair.search


def leads_to(graph: Graph) -> dict[str, str]:
    """Return the function that each route leads to: its urn by the route's key."""
    found, known = {}, graph.by_urn()
    for route in graph.of(":Route"):
        [integration] = [known[urn] for urn in route.property_dependencies["target"] if "Integration" in urn]
        [found[route.inputs["routeKey"]]] = integration.property_dependencies["integrationUri"]
    return found


def routes_are_authorised(graph: Graph) -> Iterator[str]:
    """One route without authorisation opens the deployment to all; only CORS preflights come without credentials."""
    expected = AUTHORIZATION[graph.exports["authMode"]]
    for route in graph.of(":Route"):
        preflight = route.inputs["routeKey"].startswith("OPTIONS ")
        if route.inputs.get("authorizationType") != ("NONE" if preflight else expected):
            yield f"{route.inputs['routeKey']} is authorised by {route.inputs.get('authorizationType')}"
        if (expected == "JWT" and not preflight) is not ("authorizerId" in route.inputs):
            yield f"{route.inputs['routeKey']} has the wrong authorizer"


def routes_lead_to_who_can_answer(graph: Graph) -> Iterator[str]:
    """A request that needs no model, unknown paths included, never starts a function that loads one."""
    expected = {}
    for prefix, encoder, search in prefixes(graph):
        for method, path, embeds in routes():
            expected[f"{method} {prefix}{path}"] = encoder.urn if embeds else search.urn
        expected[f"ANY {prefix}/{{proxy+}}" if prefix else "$default"] = search.urn
    for function in page(graph):
        expected |= dict.fromkeys(("GET /", "HEAD /", "GET /openapi.json"), function.urn)
    found = {key: urn for key, urn in leads_to(graph).items() if not key.startswith("OPTIONS ")}
    for key in sorted(expected.keys() | found.keys()):
        if expected.get(key) != found.get(key):
            yield f"{key} leads to {found.get(key)}, and not to {expected.get(key)}"


def web_pages_may_ask(graph: Graph) -> Iterator[str]:
    """Browsers first send a preflight without credentials, which must not meet a catch-all route.

    If that answers it with 401 or 403, they stop; if it leads to the encoder, it loads a model.
    """
    cors = graph.one(":Api").inputs.get("corsConfiguration")
    asked = {f"OPTIONS {prefix}/{{proxy+}}": search.urn for prefix, _, search in prefixes(graph)}
    expected = asked if cors else {}
    if expected != (found := {key: urn for key, urn in leads_to(graph).items() if key.startswith("OPTIONS ")}):
        yield f"preflights go to {found}, not to {expected}"
    if cors and not set(cors.get("exposeHeaders", [])) >= EXPOSED:
        yield f"pages may read {cors.get('exposeHeaders')}"
    signed = {"authorization", "content-type", "x-amz-date", "x-amz-security-token"}
    if cors and not set(cors.get("allowHeaders", [])) >= signed:
        yield f"pages may send {cors.get('allowHeaders')}"


def routes_may_invoke(graph: Graph) -> Iterator[str]:
    """A route without permission answers 500; a permission without a source lets every API in AWS call the function."""
    permissions = {permission.parent: permission for permission in graph.of(":Permission")}
    called = leads_to(graph)
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
        invoked = permission.property_dependencies.get("qualifier") or permission.property_dependencies["function"]
        if called[route.inputs["routeKey"]] not in invoked:
            yield f"{route.inputs['routeKey']} may invoke another function than it does"
    if permissions:
        yield f"permissions without a route: {sorted(item.name for item in permissions.values())}"


def the_api_is_throttled_and_logged(graph: Graph) -> Iterator[str]:
    """Without a limit anybody can spend the owner's money; without latencies in its log the API's own is unknown."""
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
    routes_lead_to_who_can_answer,
    web_pages_may_ask,
    routes_may_invoke,
    the_api_is_throttled_and_logged,
)
