"""The models of a deployment: a bundle each, and the names that tell their functions and paths apart.

The first model has no name: its resources are named as if there were no other model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from contract.names import Named
from stacks.bundle import Bundle
from stacks.errors import DeploymentError
from stacks.image import CONTEXT, FIRST_BUNDLE


@dataclass(frozen=True)
class Model(Named):
    """One model: its name, empty for the first, and its bundle."""

    bundle: Bundle

    def child_of(self, component: str) -> str:
        """Return the first part of the names of this model's resources in a component: efs, efs-minilm."""
        return "-".join(filter(None, (component, self.name)))


def read_models(names: Sequence[str]) -> tuple[Model, ...]:
    """Read the bundles of the first model and of the named ones; raises DeploymentError that lists all gaps."""
    models, problems = [], list[str]()
    for name in ("", *names):
        try:
            models.append(Model(name, Bundle.read(directory_of(name))))
        except DeploymentError as error:
            problems += error.problems
    problems += _problems(models)
    if problems:
        raise DeploymentError.of(problems)
    return tuple(models)


def directory_of(name: str) -> Path:
    """Return the directory of a model's bundle, relative to the program's."""
    return CONTEXT / "-".join(filter(None, (FIRST_BUNDLE, name)))


def _problems(models: Sequence[Model]) -> Iterator[str]:
    holders: dict[str, Path] = {}
    for model in models:
        bundle = model.bundle
        yield from bundle.problems()
        if other := holders.get(bundle.source_hash):
            yield f"{bundle.directory} holds the same bundle as {other}: build another, or take it out of moreModels"
        holders[bundle.source_hash] = bundle.directory
