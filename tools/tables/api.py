"""Makes the tables of docs/api.md: routes, headers, phases and limits."""

from __future__ import annotations

import json
from typing import Any

from contract import limits as most
from contract.checkout import ROOT
from contract.headers import NOT_ON_DEMAND, RETRY_AFTER, WITNESSES
from contract.phases import PHASES
from contract.routes import ROUTES
from tools.generated import table

_FUNCTIONS = {"model": "encoder", "index": "search"}


def routes() -> str:
    """The routes: methods and fields, what each gives, and which function answers."""
    paths = _document()["paths"]
    rows = [
        (
            f"`/{route.name}`",
            ", ".join(route.methods),
            ", ".join(f"`{field}`" for field in route.takes),
            paths[f"/{route.name}"]["get"]["summary"].partition(",")[0],
            _FUNCTIONS[route.needs],
        )
        for route in ROUTES.values()
    ]
    return table(("route", "methods", "takes", "gives", "function"), rows)


def headers() -> str:
    """The headers in which an answer says who gave it."""
    described = _document()["components"]["headers"]
    rows = [(f"`{name}`", described[name]["description"]) for name in (*WITNESSES, *NOT_ON_DEMAND, RETRY_AFTER)]
    return table(("header", "what it says"), rows)


def phases() -> str:
    """The phases of Server-Timing, in their order."""
    rows = [(f"`{phase.name}`", phase.label, phase.meaning) for phase in PHASES.values()]
    return table(("phase", "on the page", "what it is"), rows)


def limits() -> str:
    """What a request may have, and how long it may take."""
    rows = [
        ("a body", f"{most.MAX_BODY >> 20} MiB"),
        ("`text`, as it is sent and in ASCII", f"{most.MAX_TEXT:,} characters"),
        ("`embed` as a list", f"{most.MAX_DIMENSIONS:,} numbers"),
        ("`embed` as a string", f"{most.MAX_EMBED:,} characters"),
        ("fields of a request", str(most.MAX_FIELDS)),
        ("incidents in an answer", f"{most.MAX_RESULTS:,}"),
        ("time until the HTTP API answers 503 itself", f"{most.API_TIMEOUT_S} s"),
        ("what passes the HTTP API at all", f"{most.API_BODY >> 20} MiB"),
        ("event of a Lambda invocation, and its answer", f"{most.PAYLOAD >> 20} MiB"),
    ]
    return table(("of", "at most"), rows)


def _document() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((ROOT / "page" / "openapi.json").read_text())
    return read
