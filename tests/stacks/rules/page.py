"""Rules for the page: where it exists, and how little it may do."""

from __future__ import annotations

from collections.abc import Iterator

from tests.stacks.rules.reading import as_list, page, statements_of
from tests.stacks.support.recorder import Graph


def the_page_is_where_nobody_has_to_sign(graph: Graph) -> Iterator[str]:
    """A browser that follows a link sends no signature and no token: it would see a 403."""
    open_to_all = graph.exports["authMode"] == "none"
    if bool(page(graph)) is not open_to_all or ("pageUrl" in graph.exports) is not open_to_all:
        yield f"{len(page(graph))} pages with auth {graph.exports['authMode']}"


def the_page_may_only_write_its_log(graph: Graph) -> Iterator[str]:
    """A function that everybody can call has no rights and no network, knows the backends' names, and ends at once."""
    for function in page(graph):
        allowed = {action for s in statements_of(graph, function) for action in as_list(s["Action"])}
        if not allowed <= {"logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTraceSegments",
                           "xray:PutTelemetryRecords"}:  # fmt: skip
            yield f"{function.name} may {sorted(allowed)}"
        if {"vpcConfig", "fileSystemConfig"} & set(function.inputs):
            yield f"{function.name} has {sorted(function.inputs)}"
        variables = function.inputs.get("environment", {}).get("variables", {})
        if {key: set(value.split(",")) for key, value in variables.items()} != {
            "BACKENDS": {*graph.exports["backends"]}
        }:
            yield f"{function.name} is told {variables}"
        if function.inputs["memorySize"] > 256 or function.inputs["timeout"] > 10:
            yield f"{function.name} has {function.inputs['memorySize']} MB for {function.inputs['timeout']} s"
        if function.inputs["reservedConcurrentExecutions"] != -1:
            yield f"{function.name} takes concurrency from the others"


def the_pages_archive_is_its_files(graph: Graph) -> Iterator[str]:
    """An archive of a directory would change with byte code and whatever else lies there, and upload it."""
    for function in page(graph):
        code = function.inputs["code"]
        paths = {name: f"page/{name}" for name in ("handler.py", "index.html", "openapi.json", "style.css")}
        paths["contract/storages.py"] = "images/contract/storages.py"
        if code != {"assets": {name: {"path": path} for name, path in paths.items()}}:
            yield f"{function.name} holds {code}"


RULES = (
    the_page_is_where_nobody_has_to_sign,
    the_page_may_only_write_its_log,
    the_pages_archive_is_its_files,
)
