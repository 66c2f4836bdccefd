"""Rules for snapshots (SnapStart): what Lambda takes them of, and how they are asked for."""

from __future__ import annotations

from collections.abc import Iterator

from tests.stacks.rules.reading import alias_of, models, served
from tests.stacks.support.recorder import UNKNOWN, Graph


def snapshots_are_of_published_versions(graph: Graph) -> Iterator[str]:
    """Lambda takes none of $LATEST, and an alias that points there would answer on demand."""
    for pair in served(graph):
        wanted = pair.backend in graph.config["snapStart"]
        for function in pair.functions:
            of_this = wanted and function is pair.encoder
            settled = (function.inputs.get("snapStart") or {}).get("applyOn"), bool(function.inputs.get("publish"))
            if settled != (("PublishedVersions", True) if of_this else (None, False)):
                yield f"{function.name} applies SnapStart to {settled[0]}, and publishes versions: {settled[1]}"
            alias = alias_of(graph, function)
            if (alias is not None) is not of_this:
                yield f"{function.name} has {'an' if alias else 'no'} alias"
            if alias and function.urn not in alias.property_dependencies.get("functionVersion", frozenset()):
                yield f"{alias.name} does not point at the version that was published"


def snapshots_are_of_what_lambda_takes_them_of(graph: Graph) -> Iterator[str]:
    """Lambda refuses the version of a function with a file system or more than 512 MB of /tmp, after minutes."""
    for function in graph.of(":Function"):
        if function.inputs.get("snapStart"):
            if function.inputs.get("fileSystemConfig"):
                yield f"{function.name} mounts a file system"
            if function.inputs["ephemeralStorage"]["size"] > 512:
                yield f"{function.name} has {function.inputs['ephemeralStorage']['size']} MB of /tmp"


def outputs_name_the_alias(graph: Graph) -> Iterator[str]:
    """The benchmark publishes versions and moves the alias: it must know which, and where there is none."""
    for pair in served(graph):
        told = models(graph)[pair.model]["backends"][pair.backend].get("snapshotAlias")
        alias = alias_of(graph, pair.encoder)
        if alias and alias.inputs["name"] not in ("snapstart", UNKNOWN):
            yield f"{alias.name} is called {alias.inputs['name']}"
        if told != ("snapstart" if pair.backend in graph.config["snapStart"] else None):
            yield f"the outputs of {pair.backend} name the alias {told}"


RULES = (
    snapshots_are_of_published_versions,
    snapshots_are_of_what_lambda_takes_them_of,
    outputs_name_the_alias,
)
