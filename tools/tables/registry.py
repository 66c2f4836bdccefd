"""Lists the generated tables: by document, and by the name of their markers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tools.tables import api, configuration

TABLES: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "docs/api.md": {
        "routes": api.routes,
        "headers": api.headers,
        "phases": api.phases,
        "limits": api.limits,
    },
    "docs/configuration.md": {
        "config": configuration.keys,
        "models": configuration.models,
        "environment": configuration.environment,
    },
}
