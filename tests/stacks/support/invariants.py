"""The rules for every deployment, whatever its configuration: one function per rule, its reason in the docstring.

Each takes a recorded graph and yields a sentence for every violation. In a preview, what is not known yet is skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.stacks.rules import (
    access,
    api,
    conditions,
    functions,
    given,
    images,
    page,
    s3files,
    shape,
    snapshots,
    storage,
)
from tests.stacks.support.recorder import Graph

RULES: tuple[Callable[[Graph], Iterator[str]], ...] = (
    *shape.RULES,
    *functions.RULES,
    *images.RULES,
    *storage.RULES,
    *s3files.RULES,
    *snapshots.RULES,
    *access.RULES,
    *conditions.RULES,
    *api.RULES,
    *page.RULES,
    *given.RULES,
)


def violations(graph: Graph) -> list[str]:
    """Return every violation of every rule."""
    return [f"{rule.__name__}: {violation}" for rule in RULES for violation in rule(graph)]
